import { DomainError } from '../../domain/errors.ts';
import { attemptId } from '../../domain/run.ts';
import type { AttemptReport } from '../../ports/executor.ts';
import type {
  AttemptHandle,
  LeaseState,
  ReportResult,
  ServerMembership,
} from '../../ports/store.ts';
import type { AttemptRow } from '../sql/schema.ts';
import type { Reports } from './reports.ts';
import { lazy, type Session } from './session.ts';

/** Servers on this store: who may claim, who owns which attempts, whose lease has run out. */
export class Servers {
  readonly #session: Session;
  readonly #reports: Reports;
  readonly #endHost;
  readonly #insert;
  readonly #renew;
  readonly #expired;
  readonly #end;
  readonly #live;
  readonly #attempts;

  constructor(session: Session, reports: Reports) {
    this.#session = session;
    this.#reports = reports;
    const { db } = session;
    this.#endHost = lazy(() =>
      db.prepare('update servers set ended_at = ? where host = ? and ended_at is null'),
    );
    this.#insert = lazy(() =>
      db.prepare('insert into servers (fence, host, joined_at, lease_until) values (?, ?, ?, ?)'),
    );
    this.#renew = lazy(() =>
      db.prepare('update servers set lease_until = ? where fence = ? and ended_at is null'),
    );
    this.#expired = lazy(() =>
      db.prepare(
        'select fence from servers where ended_at is null and lease_until < ? and fence <> ? order by fence',
      ),
    );
    this.#end = lazy(() =>
      db.prepare('update servers set ended_at = ? where fence = ? and ended_at is null'),
    );
    this.#live = lazy(() =>
      db.prepare('select lease_until from servers where fence = ? and ended_at is null'),
    );
    this.#attempts = lazy(() =>
      db.prepare(
        `select r.id as run_id, a.* from attempts a join runs r on r.n = a.run_n
         where a.fence = ? and a.state in ('claimed', 'running', 'stopping') order by a.run_n, a.idx, a.number`,
      ),
    );
  }

  join(server: ServerMembership, nowMs: number): { fence: number } {
    this.#endHost().run(nowMs, server.host);
    const fence = this.#nextFence();
    this.#insert().run(fence, server.host, nowMs, nowMs + server.leaseTtlMs);
    return { fence };
  }

  renew(fence: number, leaseTtlMs: number, nowMs: number): LeaseState {
    const held = this.#renew().run(nowMs + leaseTtlMs, fence).changes === 1;
    const expired = (this.#expired().all(nowMs, fence) as { fence: number }[]).map((r) => r.fence);
    return { held, expired };
  }

  leave(fence: number, nowMs: number): void {
    this.#end().run(nowMs, fence);
  }

  /** Whether this owner may still claim. @throws DomainError `stale-owner`. */
  demand(fence: number): void {
    if (this.#live().get(fence) === undefined) {
      throw new DomainError(
        'stale-owner',
        `the server with fence ${fence} was given up or has ended; it must join anew`,
        { fence },
      );
    }
  }

  giveUp(fence: number, nowMs: number): ReportResult {
    const server = this.#live().get(fence) as { lease_until: number } | undefined;
    // It renewed, or somebody else was quicker.
    if (server === undefined || server.lease_until >= nowMs) {
      return { stale: 0, stop: [], finished: [], wake: false };
    }
    this.#end().run(nowMs, fence);
    const lost = this.#attemptsOf(fence).map((row): AttemptReport => ({
      kind: 'lost',
      attemptId: attemptId(row.run_id, row.idx, row.number),
      fence,
      atMs: nowMs,
      message: 'its server gave no sign of life for longer than its lease',
    }));
    return this.#reports.apply(lost, nowMs);
  }

  stopping(fence: number): AttemptHandle[] {
    return this.#attemptsOf(fence)
      .filter((row) => row.state === 'stopping')
      .map((row) => ({
        attemptId: attemptId(row.run_id, row.idx, row.number),
        executor: row.executor,
        fence,
      }));
  }

  #attemptsOf(fence: number): (AttemptRow & { run_id: string })[] {
    return this.#attempts().all(fence) as (AttemptRow & { run_id: string })[];
  }

  /** A number greater than every one handed out before: who has an older one is stale. */
  #nextFence(): number {
    const { db } = this.#session;
    const row = db.prepare(`select value from meta where key = 'fence'`).get() as
      | { value: string }
      | undefined;
    const fence = Number(row?.value ?? 0) + 1;
    db.prepare(
      `insert into meta (key, value) values ('fence', ?) on conflict (key) do update set value = excluded.value`,
    ).run(String(fence));
    return fence;
  }
}
