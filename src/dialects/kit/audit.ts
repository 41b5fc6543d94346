import type { AuditNote } from '../../engine/index.ts';

/** A call as the audit log is told of it, before it is known how it went. */
export type AuditedCall = Omit<AuditNote, 'outcome' | 'code'>;

/** An error as the client reads it. */
export interface ToldError {
  readonly status: number;
  readonly code: string;
}

/** The line of a call; `error` null = it succeeded. */
export function auditNote(call: AuditedCall, error: ToldError | null): AuditNote {
  if (error === null) return { ...call, outcome: 'ok', code: '' };
  return { ...call, outcome: error.status >= 500 ? 'failed' : 'refused', code: error.code };
}

/** Levels of members that are named: `schedule.zone`, and nothing below. */
const maxDepth = 3;

/** What is read of a schema. */
interface Members {
  readonly properties?: Readonly<Record<string, Members>>;
  readonly anyOf?: readonly Members[];
}

/**
 * Members that a schema names and a value has, e.g. `spec.replicas`. Names that the schema does not
 * know are a client's own words, which may be anything, and are left out.
 */
export function memberNames(schema: unknown, value: unknown, depth = maxDepth): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const { properties = {}, anyOf = [] } = schema as Members;
  const own = Object.entries(properties).flatMap(([name, member]) => {
    if (!Object.hasOwn(value, name)) return [];
    const inner = (value as Readonly<Record<string, unknown>>)[name];
    const below = depth > 1 ? memberNames(member, inner, depth - 1) : [];
    return below.length === 0 ? [name] : below.map((deeper) => `${name}.${deeper}`);
  });
  return [...new Set([...own, ...anyOf.flatMap((one) => memberNames(one, value, depth))])];
}
