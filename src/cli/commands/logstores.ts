import { Command } from 'commander';
import type {
  LogRecordPage,
  LogRecordView,
  LogStoreView,
} from '../../dialects/native/views/logstore.ts';
import type { Client } from '../client.ts';
import { serverCommand } from '../command.ts';
import { CliError, exitCodes } from '../errors.ts';
import { print, printable, show, table, when } from '../output.ts';
import { durationMs } from '../schedule-flags.ts';

interface SearchOptions {
  readonly query?: string;
  readonly from?: string;
  readonly to?: string;
  readonly template?: string;
  readonly run?: string;
  readonly limit: string;
  readonly follow?: boolean;
  readonly json?: boolean;
}

type Query = Readonly<Record<string, string | number | undefined>>;

/** How often a followed log store is asked for what came meanwhile. */
const LOOK_AGAIN_MS = 500;
/** Most lines of one answer. */
const PAGE_LINES = 500;

const path = (project: string, logstore: string): string =>
  `/logstores/${encodeURIComponent(project)}/${encodeURIComponent(logstore)}`;

/** `longshore logstores`: output that templates asked to collect. */
export function logStoresCommand(): Command {
  return new Command('logstores')
    .description('List, search and delete log stores: output that templates collect.')
    .addCommand(listCommand(), { isDefault: true })
    .addCommand(searchCommand())
    .addCommand(
      serverCommand<[string, string]>(
        'delete',
        'Remove all lines of a log store.',
        async (client, options, project, logstore) => {
          await client.call('DELETE', path(project, logstore));
          show(
            options,
            { project, logstore, done: 'delete' },
            () => `${project}/${logstore}: deleted`,
          );
        },
      )
        .argument('<project>')
        .argument('<logstore>'),
    );
}

function listCommand(): Command {
  return serverCommand(
    'list',
    'List the log stores of the server’s host.',
    async (client, options) => {
      const { rows } = await client.call<{ rows: LogStoreView[] }>('GET', '/logstores');
      show(options, rows, () =>
        table(
          ['PROJECT', 'LOG STORE', 'OF TEMPLATE', 'BYTES', 'OLDEST', 'NEWEST'],
          rows.map((row) => [
            row.project,
            row.logstore,
            row.templateId ?? '',
            row.bytes,
            when(row.oldestMs),
            when(row.newestMs),
          ]),
        ),
      );
    },
  );
}

function searchCommand(): Command {
  return serverCommand<[string, string], SearchOptions>(
    'search',
    'Print the newest lines that fit, oldest first.',
    async (client, options, project, logstore) => {
      const records = `${path(project, logstore)}/records`;
      const query = queryOf(options, Date.now());
      const { rows, end } = await newest(client, records, query, linesOf(options.limit));
      if (options.follow !== true) {
        show(options, rows, () => rows.map(lineText).join('\n'));
        return;
      }
      for (const row of rows) printRow(row, options);
      await follow(client, records, query, end, options);
    },
  )
    .argument('<project>')
    .argument('<logstore>')
    .option('--query <text>', 'lines that contain this text, whatever the case')
    .option('--from <time>', 'collected since this time, or so long ago: 2030-01-31T08:00Z, 15m')
    .option('--to <time>', 'collected before this time, or so long ago')
    .option('--template <template>', 'of this template, by id or name')
    .option('--run <run>', 'of this run')
    .option('--limit <lines>', 'most lines', '100')
    .option('-f, --follow', 'go on with what comes, until it is interrupted');
}

/** The newest lines that fit in the order they were collected, and the place after all lines. */
async function newest(
  client: Client,
  records: string,
  query: Query,
  limit: number,
): Promise<{ readonly rows: readonly LogRecordView[]; readonly end: string }> {
  const rows: LogRecordView[] = [];
  let end: string | null = null;
  let cursor: string | undefined;
  for (let more = true; more && rows.length < limit;) {
    const page: LogRecordPage = await client.call('GET', records, {
      query: { ...query, cursor, limit: Math.min(limit - rows.length, PAGE_LINES) },
    });
    rows.push(...page.rows);
    end ??= page.end;
    ({ cursor, more } = page);
  }
  return { rows: rows.toReversed(), end: end ?? '' };
}

async function follow(
  client: Client,
  records: string,
  query: Query,
  from: string,
  options: SearchOptions,
): Promise<never> {
  for (let cursor = from; ;) {
    const page = await client.call<LogRecordPage>('GET', records, {
      query: { ...query, order: 'oldest', cursor, limit: PAGE_LINES },
    });
    for (const row of page.rows) printRow(row, options);
    cursor = page.cursor;
    if (!page.more) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

function printRow(row: LogRecordView, options: SearchOptions): void {
  print(options.json === true ? JSON.stringify(row) : printable(lineText(row)));
}

function lineText({
  atMs,
  templateName,
  index,
  attempt,
  source,
  text,
  missedBytes,
}: LogRecordView) {
  const instance = attempt === 1 ? `#${index}` : `#${index}.${attempt}`;
  const missed = missedBytes > 0 ? `(${missedBytes} bytes were released before) ` : '';
  const from = source === 'stdout' ? '|' : source === 'stderr' ? '!' : `${source}:`;
  return `${when(atMs)} ${templateName}${instance} ${from} ${missed}${text}`;
}

/** What the flags ask for, as the API reads it. @throws CliError for what is no time. */
export function queryOf(options: Omit<SearchOptions, 'limit'>, nowMs: number): Query {
  return {
    query: options.query,
    from: options.from === undefined ? undefined : timeMs('--from', options.from, nowMs),
    to: options.to === undefined ? undefined : timeMs('--to', options.to, nowMs),
    template: options.template,
    run: options.run,
  };
}

function timeMs(flag: string, text: string, nowMs: number): number {
  if (/^\d+(\.\d+)?[a-z]+$/.test(text)) return Math.max(0, nowMs - durationMs(flag, text));
  const time = /^\d{4}-/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new CliError(
    `${flag} ${text} is no time; write e.g. 2030-01-31T08:00:00Z, or 15m for so long ago`,
    '',
    exitCodes.usage,
  );
}

function linesOf(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new CliError(`--limit ${text} is no number of lines`, '', exitCodes.usage);
}
