import { useMemo, useState } from 'react';
import { useSearchParams } from 'wouter';
import type { QueryValues } from '../../api/client.ts';

/** APIs that have lines, as the log names them. */
export const auditDialects = ['sae', 'schedulerx', 'cdm', 'iam', 'native'] as const;
export const outcomes = ['ok', 'refused', 'failed'] as const;
export const ranges = ['all', 'hour', 'day', 'week', 'month'] as const;
export type Range = (typeof ranges)[number];

const hourMs = 3_600_000;
const rangesMs: Readonly<Record<Range, number | null>> = {
  all: null,
  hour: hourMs,
  day: 24 * hourMs,
  week: 7 * 24 * hourMs,
  month: 30 * 24 * hourMs,
};

/** Filters as they stand in the address. */
export interface AuditFilter {
  readonly resource: string;
  readonly user: string;
  readonly operation: string;
  readonly dialect: string;
  readonly outcome: string;
  readonly range: Range;
  /** Whether any is set. */
  readonly isSet: boolean;
  /** As the API wants them. */
  readonly query: QueryValues;
  set(name: string, value: string): void;
  clear(): void;
}

const names = ['resource', 'user', 'operation', 'dialect', 'outcome', 'range'];

/** The filters of the audit log, kept in the address. */
export function useAuditFilter(): AuditFilter {
  const [search, setSearch] = useSearchParams();
  const text = search.toString();
  // Ranges end when the page was opened, and what comes is shown too: their beginning stands still,
  // or every look were another query.
  const [openedAtMs] = useState(() => Date.now());
  const values = useMemo(() => {
    const params = new URLSearchParams(text);
    const of = (name: string): string => (params.get(name) ?? '').slice(0, 256);
    const one = <T extends string>(all: readonly T[], name: string): T | '' =>
      all.find((value) => value === of(name)) ?? '';
    const range = one(ranges, 'range') || 'all';
    const spanMs = rangesMs[range];
    const fields = {
      resource: of('resource'),
      user: of('user'),
      operation: of('operation'),
      dialect: one(auditDialects, 'dialect'),
      outcome: one(outcomes, 'outcome'),
    };
    return {
      ...fields,
      range,
      isSet: names.some((name) => of(name) !== ''),
      query: { ...fields, fromMs: spanMs === null ? null : openedAtMs - spanMs },
    };
  }, [text, openedAtMs]);
  return {
    ...values,
    set: (name, value) =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === '' || value === 'all') next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      ),
    clear: () =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          for (const name of names) next.delete(name);
          return next;
        },
        { replace: true },
      ),
  };
}
