import type { Database as Connection } from 'better-sqlite3';
import type { AdmissionResult, ClaimedAttempt, Store } from '../../src/ports/store.ts';
import { createSqliteStore } from '../../src/stores/sqlite/store.ts';
import type { Mutation } from './database.ts';
import type { Invariant } from './records.ts';
import type { Scenario } from './scenario.ts';

/** A store that breaks one promise, and the invariant that must notice. */
export interface BrokenStore {
  readonly name: string;
  readonly noticedBy: readonly Invariant[];
  readonly mutation: Mutation;
  /** What the world needs for the promise to matter. */
  readonly scenario?: Partial<Scenario>;
}

/** Every n-th call is broken: often enough to matter, rare enough for a life in between. */
function every(n: number): () => boolean {
  let calls = 0;
  return () => (calls += 1) % n === 0;
}

const mutate =
  (change: (store: Store, db: Connection) => Partial<Store>): Mutation =>
  (store, db) => ({ ...store, ...change(store, db) });

export const brokenStores: readonly BrokenStore[] = [
  {
    name: 'answers an admission without executing it',
    noticedBy: ['durable'],
    mutation: mutate((store, db) => {
      const now = every(3);
      return {
        async admit(request) {
          const result = await store.admit(request);
          if (result.kind !== 'created' || !now()) return result;
          db.prepare('delete from runs where id = ?').run(result.run.id);
          return result;
        },
      };
    }),
  },
  {
    name: 'forgets idempotency keys',
    noticedBy: ['key'],
    mutation: mutate((store) => ({
      admit: async (request): Promise<AdmissionResult> => {
        const { idempotencyKey } = request;
        const result = await store.admit({ ...request, idempotencyKey: null });
        return 'run' in result ? { ...result, run: { ...result.run, idempotencyKey } } : result;
      },
    })),
  },
  {
    name: 'lets a server that was given up claim',
    noticedBy: ['once'],
    mutation: mutate((store, db) => ({
      claim(request) {
        db.prepare('update servers set ended_at = null where fence = ?').run(request.fence);
        return store.claim(request);
      },
    })),
    scenario: { servers: 2, freezes: true },
  },
  {
    name: 'hands out a claim twice',
    noticedBy: ['once'],
    mutation: mutate((store) => {
      const now = every(4);
      let before: readonly ClaimedAttempt[] = [];
      return {
        async claim(request) {
          const result = await store.claim(request);
          const again = now() ? before : [];
          before = result.attempts;
          return { ...result, attempts: [...result.attempts, ...again] };
        },
      };
    }),
  },
  {
    name: 'loses reports of ends',
    noticedBy: ['liveness', 'once', 'truth'],
    mutation: mutate((store) => {
      const now = every(5);
      return {
        report: (reports, nowMs) =>
          store.report(
            reports.filter(({ kind }) => kind === 'started' || !now()),
            nowMs,
          ),
      };
    }),
  },
  {
    name: 'fires twice',
    noticedBy: ['firing'],
    mutation: mutate((store, db) => {
      const now = every(3);
      return {
        async fire(request) {
          const result = await store.fire(request);
          const [run] = result.created;
          if (run === undefined || !now()) return result;
          db.prepare('delete from firings where run_id = ?').run(run.id);
          db.prepare('update schedules set next_at = ? where next_at is not null').run(
            run.scheduledAtMs,
          );
          return store.fire(request);
        },
      };
    }),
    scenario: { schedules: true },
  },
  {
    name: 'leaves a firing out',
    noticedBy: ['firing'],
    mutation: mutate((store, db) => {
      const now = every(6);
      return {
        fire(request) {
          if (now()) {
            db.prepare('update schedules set next_at = next_at + 60000 where next_at <= ?').run(
              request.nowMs,
            );
          }
          return store.fire(request);
        },
      };
    }),
    scenario: { schedules: true },
  },
  {
    name: 'revives a run that was canceled',
    noticedBy: ['final'],
    mutation: mutate((store, db) => ({
      stopOverdue(nowMs) {
        db.exec(`update runs set state = 'running' where state = 'canceled'`);
        return store.stopOverdue(nowMs);
      },
    })),
  },
  {
    name: 'admits beyond the quota',
    noticedBy: ['admission'],
    mutation: (_, db) => createSqliteStore({ memory: db }),
    scenario: { unfinishedRuns: 3 },
  },
  {
    name: 'starts runs of a suspended template',
    noticedBy: ['admission'],
    mutation: mutate((store, db) => ({
      claim(request) {
        db.exec(`update runs set state = 'running', hold = null where hold = 'suspended'`);
        return store.claim(request);
      },
    })),
  },
  {
    name: 'starts a run beside the one it replaces',
    noticedBy: ['admission'],
    mutation: mutate((store, db) => ({
      claim(request) {
        db.exec(`update runs set state = 'running', hold = null where hold = 'replacing'`);
        return store.claim(request);
      },
    })),
  },
  {
    name: 'does not count what runs under a limit',
    noticedBy: ['admission'],
    mutation: mutate((store, db) => ({
      claim(request) {
        db.exec(`update runs set limit_n = null where state = 'running'`);
        return store.claim(request);
      },
    })),
    scenario: { runLimit: 1 },
  },
  {
    name: 'forgets who waits for a place',
    noticedBy: ['liveness'],
    mutation: mutate((store, db) => ({
      async report(reports, nowMs) {
        const result = await store.report(reports, nowMs);
        db.exec(
          `update runs set hold = 'limited' where state = 'queued' and limit_n is not null and hold is null`,
        );
        return result;
      },
    })),
    scenario: { runLimit: 1 },
  },
  {
    name: 'forgets to say what was claimed',
    noticedBy: ['liveness'],
    mutation: mutate((store) => {
      const now = every(10);
      return {
        async claim(request) {
          const result = await store.claim(request);
          return now() ? { ...result, attempts: [] } : result;
        },
      };
    }),
  },
];
