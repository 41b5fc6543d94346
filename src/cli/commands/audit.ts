import type { Command } from 'commander';
import type { AuditLinePage, AuditLineView } from '../../dialects/native/views/audit.ts';
import type { Client } from '../client.ts';
import { serverCommand, type ServerOptions } from '../command.ts';
import { CliError, exitCodes } from '../errors.ts';
import { print, printable, show, table, when } from '../output.ts';

interface AuditOptions extends ServerOptions {
  readonly user?: string;
  readonly dialect?: string;
  readonly operation?: string;
  readonly outcome?: string;
  readonly resource?: string;
  readonly from?: string;
  readonly until?: string;
  readonly limit: string;
  readonly follow?: boolean;
}

/** Longest wait before a cut line is taken up again. */
const RESUME_MS = 500;
/** Most lines that one command prints. */
const MAX_LINES = 100_000;
const PAGE = 500;

/** `longshore audit`: who did what, and what was refused. */
export function auditCommand(): Command {
  return serverCommand<[], AuditOptions>(
    'audit',
    'Print the audit log, newest first.',
    async (client, options) => {
      const query = {
        user: options.user,
        dialect: options.dialect,
        operation: options.operation,
        outcome: options.outcome,
        resource: options.resource,
        fromMs: timeOf('--from', options.from),
        untilMs: timeOf('--until', options.until),
      };
      if (options.follow === true) return follow(client, query, options.json === true);
      const rows = await read(client, query, limitOf(options.limit));
      show(options, { rows }, () => text(rows));
    },
  )
    .option('--user <user>', 'calls of this user only')
    .option('--dialect <api>', 'sae, schedulerx, cdm, iam or native')
    .option('--operation <name>', 'e.g. CreateJob')
    .option('--outcome <outcome>', 'ok, refused or failed')
    .option('--resource <part>', 'part of the resource')
    .option('--from <time>', 'not before, e.g. 2026-05-01T00:00:00Z')
    .option('--until <time>', 'before')
    .option('--limit <lines>', 'most lines', '50')
    .option('-f, --follow', 'print lines as they come');
}

type Query = Readonly<Record<string, string | number | undefined>>;

async function read(client: Client, query: Query, limit: number): Promise<AuditLineView[]> {
  const rows: AuditLineView[] = [];
  let cursor: string | undefined;
  do {
    const page: AuditLinePage = await client.call('GET', '/audit', {
      query: { ...query, cursor, limit: Math.min(limit - rows.length, PAGE) },
    });
    rows.push(...page.rows);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && rows.length < limit);
  return rows;
}

async function follow(client: Client, query: Query, json: boolean): Promise<void> {
  let last = '';
  for (;;) {
    for await (const { event, id, data } of client.events('/audit/follow', query, last)) {
      if (event !== 'line') continue;
      last = id;
      const row = data as AuditLineView;
      print(json ? JSON.stringify(row) : printable(cells(row).join('  ')));
    }
    // The server drains or the line was cut: a moment later it goes on after the last line.
    await new Promise((resolve) => setTimeout(resolve, RESUME_MS));
  }
}

function text(rows: readonly AuditLineView[]): string {
  return table(
    ['WHEN', 'USER', 'FROM', 'API', 'OPERATION', 'OUTCOME', 'RESOURCE'],
    rows.map(cells),
  );
}

function cells(row: AuditLineView): readonly string[] {
  return [
    when(row.atMs),
    row.user === '' ? '-' : row.user,
    row.sourceIp,
    row.dialect,
    row.operation,
    row.code === '' ? row.outcome : `${row.outcome}: ${row.code}`,
    row.resource,
  ];
}

function timeOf(flag: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const ms = Date.parse(given);
  if (!Number.isNaN(ms)) return ms;
  throw new CliError(
    `${flag} ${given} is not a time`,
    'Write it as 2026-05-01T08:00:00Z or 2026-05-01',
    exitCodes.usage,
  );
}

function limitOf(given: string): number {
  const limit = Number(given);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LINES) return limit;
  throw new CliError(`--limit ${given} is not a number of 1 to ${MAX_LINES}`, '', exitCodes.usage);
}
