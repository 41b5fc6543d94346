import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { useNow } from '../../design/values.tsx';
import {
  beginOf,
  runDialects,
  type RunFilter,
  runStates,
  type RunTime,
  runTimes,
  runTriggers,
} from './run-filter.ts';

/** Filters as they stand in the address. */
export interface RunFilterSetting {
  readonly filter: RunFilter;
  readonly time: RunTime;
  /** Changes some; '' takes one away. */
  set(values: Readonly<Record<string, string>>): void;
  clear(): void;
}

/** Times that count back from now move in steps: each step is another question. */
const stepMs = 5 * 60_000;

const names = [
  'q',
  'state',
  'trigger',
  'dialect',
  'namespace',
  'template',
  'time',
  'from',
  'until',
];

function oneOf<T extends string>(values: readonly T[], text: string | null): T | '' {
  return values.find((value) => value === text) ?? '';
}

function timeOf(text: string | null): number | null {
  const ms = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

/** The filters of the list of runs, kept in the address. */
export function useRunFilter(): RunFilterSetting {
  const [search, setSearch] = useSearchParams();
  const text = search.toString();
  const nowMs = Math.floor(useNow() / stepMs) * stepMs;
  const { filter, time } = useMemo(() => {
    const params = new URLSearchParams(text);
    const wanted = (params.get('state') ?? '').split(',');
    const chosen = oneOf(runTimes, params.get('time')) || 'any';
    const isBetween = chosen === 'between';
    return {
      time: chosen,
      filter: {
        search: (params.get('q') ?? '').trim(),
        states: runStates.filter((state) => wanted.includes(state)),
        trigger: oneOf(runTriggers, params.get('trigger')),
        dialect: oneOf(runDialects, params.get('dialect')),
        namespace: params.get('namespace') ?? '',
        template: params.get('template') ?? '',
        fromMs: isBetween ? timeOf(params.get('from')) : beginOf(chosen, nowMs),
        untilMs: isBetween ? timeOf(params.get('until')) : null,
      } satisfies RunFilter,
    };
  }, [text, nowMs]);
  return {
    filter,
    time,
    set: (values) =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [name, value] of Object.entries(values)) {
            if (value === '') next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: true },
      ),
    clear: () =>
      setSearch((before) => {
        const next = new URLSearchParams(before);
        for (const name of names) next.delete(name);
        return next;
      }),
  };
}
