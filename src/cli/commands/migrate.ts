import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import type { LinkView } from '../../dialects/native/views/link.ts';
import type { RunView } from '../../dialects/native/views/run.ts';
import type { TemplateView } from '../../dialects/native/views/template.ts';
import type { PlanView, TransferStatus } from '../../dialects/native/views/transfer-report.ts';
import type { Client } from '../client.ts';
import { collect, serverCommand, type ServerOptions } from '../command.ts';
import { CliError, exitCodes } from '../errors.ts';
import { show } from '../output.ts';
import { linkPath, namespaceOf } from './links.ts';
import { type EndFlags, readEnd, sourceOf, targetOf } from './migrate-ends.ts';
import { followRun } from './migrate-follow.ts';
import { planText, summaryText } from './migrate-words.ts';

interface MigrateFlags extends EndFlags {
  readonly extractors?: string;
  readonly tables?: string;
  readonly maxDirty?: string;
  readonly maxDirtyPercent?: string;
  readonly rowsPerSecond?: string;
  readonly bytesPerSecond?: string;
  readonly retries?: string;
  readonly proof?: string;
  readonly var?: readonly string[];
  readonly name?: string;
  readonly namespace?: string;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
  readonly attach?: string;
}

type Flags = MigrateFlags & ServerOptions;

/** `longshore migrate FROM TO`: moves data from one link to another. */
export function migrateCommand(): Command {
  return serverCommand<[string | undefined, string | undefined], MigrateFlags>(
    'migrate',
    'Move data from one link to another, and show it until it is done. Exits 1 unless it succeeded.',
    async (client, flags, from, to) => {
      if (flags.attach !== undefined) {
        if (from !== undefined) throw usage('--attach follows a run that is there; name no ends');
        return told(flags, await followRun(client, flags.attach));
      }
      if (from === undefined || to === undefined) throw usage('name both ends: FROM and TO');
      const job = await jobOf(client, flags, from, to);
      if (flags.dryRun === true) {
        const plan = await client.call<PlanView>('POST', '/data-jobs/plan', { body: job });
        return show(flags, plan, () => planText(plan));
      }
      const run = await started(client, job);
      if (flags.detach === true) {
        return show(
          flags,
          run,
          () => `${run.id}\nfollow it with: longshore migrate --attach ${run.id}`,
        );
      }
      return told(flags, await followRun(client, run.id));
    },
  )
    .argument(
      '[from]',
      'LINK:schema.table, LINK:schema.* for all tables, LINK:path.csv, LINK:bucket/path.csv',
    )
    .argument('[to]', 'the same; a path that ends in / is a folder')
    .option('--query <sql>', 'read the result of a query; FROM is the link alone')
    .option('--columns <names>', 'read these columns only, in this order: a,b,c')
    .option('--where <condition>', 'read the rows for which this holds')
    .option('--create', 'create tables that are not there')
    .option('--recreate', 'drop the tables, then create them')
    .option('--truncate', 'empty the tables, or the folder, first')
    .option('--delete-where <condition>', 'delete these rows of the target first')
    .option('--conflict <mode>', 'rows whose key is there: insert (reject), replace or update')
    .option('--stage', 'load beside the table, then move within one transaction')
    .option('--extractors <count>', 'shards at the same time')
    .option('--tables <count>', 'tables at the same time')
    .option('--partition-column <name>', 'cut the table by this column instead of its key')
    .option('--format <format>', 'of files: csv, json, parquet, binary; else by their suffix')
    .option('--delimiter <text>', 'between fields of CSV; \\t = tab')
    .option('--no-header', 'CSV files have no line with names')
    .option('--encoding <label>', 'of files, e.g. gbk')
    .option(
      '--nulls <text>',
      'how CSV files are written NULL; \\N is told from an empty text when it is read',
    )
    .option(
      '--max-dirty <rows>',
      'quarantine up to so many bad rows of a shard; else the first one fails the job',
    )
    .option('--max-dirty-percent <percent>', 'and no more than this share of the rows')
    .option('--rows-per-second <rows>', 'for the whole job')
    .option('--bytes-per-second <bytes>', 'for the whole job')
    .option('--retries <count>', 'tries after a failure; crashes are always gone on after')
    .option(
      '--proof <how>',
      'compare source and target afterwards: checksums, rows (reads both sides once more), counts or none',
    )
    .option('--var <name=value>', 'value of ${name}; repeatable', collect)
    .option('--name <name>', 'name of the data job that is stored; else made of both ends')
    .option('--namespace <namespace>', 'what the links belong to; else the region')
    .option('--dry-run', 'print what would be done: tables, types, shards, statements')
    .option('--detach', 'print the id of the run and do not wait')
    .option('--attach <run>', 'show a run that was started before');
}

/** Prints what came of a run and sets the exit code. */
function told(flags: Flags, status: TransferStatus): void {
  show(flags, status, () => summaryText(status));
  if (status.state !== 'succeeded') process.exitCode = exitCodes.failed;
}

/** A data job on its way to the server, which fills in what is left out and checks all of it. */
interface SentJob {
  readonly name: string;
  readonly namespace: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly definition: Readonly<Record<string, unknown>>;
}

/** The job that the command line describes. Links are asked for their kind. */
async function jobOf(client: Client, flags: Flags, from: string, to: string): Promise<SentJob> {
  const namespace = await namespaceOf(client, flags);
  const kindOf = async (link: string): Promise<string> =>
    (await client.call<LinkView>('GET', linkPath(namespace, link))).kind;
  const source = readEnd(from);
  const target = readEnd(to);
  const ends = {
    from: sourceOf(source, await kindOf(source.link), flags),
    to: targetOf(target, await kindOf(target.link), flags),
  };
  return {
    name: flags.name ?? nameOf(from, to, flags.query ?? ''),
    namespace,
    variables: variablesOf(flags.var ?? []),
    definition: {
      ...ends,
      ...member('extractors', whole('--extractors', flags.extractors, 1)),
      ...member('concurrentTables', whole('--tables', flags.tables, 1)),
      ...member('errorRetries', whole('--retries', flags.retries, 0)),
      ...member('proof', flags.proof),
      throttle: {
        ...member('rowsPerSecond', whole('--rows-per-second', flags.rowsPerSecond, 1)),
        ...member('bytesPerSecond', whole('--bytes-per-second', flags.bytesPerSecond, 1)),
      },
      ...dirtyRowsOf(flags),
    },
  };
}

function dirtyRowsOf({ maxDirty, maxDirtyPercent }: Flags): object {
  if (maxDirty === undefined && maxDirtyPercent === undefined) return {};
  const percent = maxDirtyPercent === undefined ? undefined : Number(maxDirtyPercent);
  if (percent !== undefined && !(percent >= 0 && percent <= 100)) {
    throw usage(`--max-dirty-percent ${maxDirtyPercent} is not from 0 to 100`);
  }
  return {
    dirtyRows: {
      tolerate: true,
      // Only the share was limited.
      maxPerShard: whole('--max-dirty', maxDirty, 0) ?? Number.MAX_SAFE_INTEGER,
      ...member('maxPercent', percent),
    },
  };
}

/** Stores the job, or its new definition when it was stored before, and starts a run. */
async function started(client: Client, job: SentJob): Promise<RunView> {
  const id = await stored(client, job);
  const path = `/templates/${encodeURIComponent(id)}/runs`;
  return (await client.call<{ run: RunView }>('POST', path, { body: {} })).run;
}

async function stored(client: Client, job: SentJob): Promise<string> {
  try {
    return (await client.call<TemplateView>('POST', '/data-jobs', { body: job })).id;
  } catch (error) {
    if (!(error instanceof CliError) || error.status !== 409) throw error;
    const { name, namespace } = job;
    const { rows } = await client.call<{ rows: TemplateView[] }>('GET', '/templates', {
      query: { name, namespace, dialect: 'native', limit: 500 },
    });
    const known = rows.find((row) => row.name === name);
    if (known === undefined) throw error;
    const path = `/data-jobs/${encodeURIComponent(known.id)}`;
    return (await client.call<TemplateView>('PUT', path, { body: job })).id;
  }
}

/** The same ends give the same job, so that its runs stand together. */
function nameOf(from: string, to: string, query: string): string {
  const digest = createHash('sha256').update(`${from}\n${to}\n${query}`).digest('hex');
  const words = `${from}-to-${to}`.replaceAll(/[^A-Za-z0-9_.-]+/g, '-').slice(0, 100);
  return `migrate-${words}-${digest.slice(0, 8)}`;
}

function variablesOf(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw usage(`--var ${text} is not NAME=VALUE`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function whole(flag: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least) return value;
  throw usage(`${flag} ${text} is not a whole number of at least ${least}`);
}

function member<T>(name: string, value: T | undefined): Readonly<Record<string, T>> {
  return value === undefined ? {} : { [name]: value };
}

function usage(message: string): CliError {
  return new CliError(message, 'See longshore migrate --help', exitCodes.usage);
}
