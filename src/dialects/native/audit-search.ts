import { type Static, Type } from 'typebox';
import { type AuditLine, auditOutcomes } from '../../domain/audit.ts';
import type { AuditPosition, AuditQuery, Engine } from '../../engine/index.ts';
import type { StreamEvent } from './operation.ts';
import { auditLineView } from './views/audit.ts';
import { waitFor } from './wait.ts';

/** Lines of one read of an export or of a live line. */
const batchLines = 500;
/** Another server's lines give no signal here: how often the log is looked at. */
const lookAgainMs = 1_000;
/** A comment after this many quiet looks keeps proxies from closing the line. */
const looksPerComment = 15;

const word = (description: string) => Type.Optional(Type.String({ maxLength: 256, description }));

/** Which lines are wanted; absent or empty = all. */
export const auditFilters = {
  user: word('This user only.'),
  dialect: word('This API only: sae, schedulerx, cdm, iam, native.'),
  operation: word('This operation only, e.g. CreateJob.'),
  outcome: Type.Optional(Type.Enum(['', ...auditOutcomes])),
  resource: word('Part of the resource.'),
  fromMs: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Not before; milliseconds since 1970.' }),
  ),
  untilMs: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Before; milliseconds since 1970.' }),
  ),
};
const Filters = Type.Object(auditFilters);
type Filters = Static<typeof Filters>;

/** The filters as a search. */
export function searchOf(filters: Filters): Omit<AuditQuery, 'before' | 'limit'> {
  const { user, dialect, operation, outcome, resource, fromMs, untilMs } = filters;
  return {
    ...(user ? { user } : {}),
    ...(dialect ? { dialect } : {}),
    ...(operation ? { operation } : {}),
    ...(outcome ? { outcome } : {}),
    ...(resource ? { resourceContains: resource } : {}),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(untilMs === undefined ? {} : { untilMs }),
  };
}

/** What a cursor looks like: time and id of the last line that was looked at. */
export const auditCursorPattern = '^\\d{1,15}-\\d{1,15}$';

export function cursorOf(position: AuditPosition | null): string | null {
  return position === null ? null : `${position.atMs}-${position.id}`;
}

export function positionOf(cursor: string | undefined): AuditPosition | null {
  if (cursor === undefined) return null;
  const [atMs, id] = cursor.split('-').map(Number);
  return { atMs: atMs ?? 0, id: id ?? 0 };
}

/** Everything that matches, newest first, as JSON lines. Ends early when the server drains. */
export async function* exportLines(
  { audit }: Engine,
  filters: Filters,
  closing: AbortSignal,
): AsyncGenerator<string> {
  const search = searchOf(filters);
  let before: AuditPosition | null = null;
  do {
    const page = await audit.auditLines({ ...search, before, limit: batchLines });
    if (page.lines.length > 0) {
      yield page.lines.map((line) => `${JSON.stringify(auditLineView(line))}\n`).join('');
    }
    before = page.next;
  } while (before !== null && !closing.aborted);
}

/**
 * Lines as they come, each an event `line` whose id is the line's; begins after `after`, or with
 * what comes from now on.
 */
export async function* followLines(
  { audit }: Engine,
  filters: Filters,
  after: number | null,
  closing: AbortSignal,
): AsyncGenerator<StreamEvent> {
  const fits = matcherOf(filters);
  let last = after ?? (await audit.lastAuditId());
  let quietLooks = 0;
  while (!closing.aborted) {
    // Asked for before reading, so that a line in between is not missed.
    const changed = audit.changed(lookAgainMs);
    const lines = await audit.auditLinesAfter(last, batchLines);
    for (const line of lines) {
      last = line.id;
      if (fits(line)) yield { event: 'line', id: String(line.id), data: auditLineView(line) };
    }
    if (lines.length === batchLines) continue;
    quietLooks += 1;
    if (quietLooks % looksPerComment === 0) yield { event: null, id: null, data: null };
    await waitFor(changed, closing);
  }
}

function matcherOf(filters: Filters): (line: AuditLine) => boolean {
  const { user, dialect, operation, outcome, resourceContains = '' } = searchOf(filters);
  const { fromMs = 0, untilMs = Infinity } = filters;
  const is = (wanted: string | undefined, found: string) =>
    wanted === undefined || wanted === found;
  return (line) =>
    is(user, line.user) &&
    is(dialect, line.dialect) &&
    is(operation, line.operation) &&
    is(outcome, line.outcome) &&
    line.resource.includes(resourceContains) &&
    line.atMs >= fromMs &&
    line.atMs < untilMs;
}
