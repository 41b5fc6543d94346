import { Kysely, PostgresDialect } from 'kysely';
import { type AdmissionLimits, defaultAdmissionLimits } from '../../domain/admission.ts';
import type { Store } from '../../ports/store.ts';
import { parseAttemptId } from '../sql/attempt-id.ts';
import { listChanges, listRunRows, listRuns } from '../sql/lists.ts';
import { migrate, UNFINISHED_SHARDS } from '../sql/migrations.ts';
import { runListsOf } from '../sql/run-lists.ts';
import { templateListsOf } from '../sql/template-lists.ts';
import { runOutcomes, unfinishedByDialect } from '../sql/observing.ts';
import type { Database } from '../sql/schema.ts';
import { accessReads, accessWrites } from './access.ts';
import { Admission } from './admission.ts';
import { auditOf } from './audit.ts';
import { catalogOf } from './catalog.ts';
import { Claims } from './claims.ts';
import { documentsOf } from './documents.ts';
import { Lanes } from './lanes.ts';
import { type ConnectionOptions, generalPool, lanePool, migrationPool } from './pools.ts';
import { eraseHidden, hideRun } from './purge.ts';
import { Quota } from './quota.ts';
import { Reads } from './reads.ts';
import { listRefusals } from './refusals.ts';
import { forgottenAttempts, listRemovals, releaseOutput, removalsDone } from './removals.ts';
import { Reports } from './reports.ts';
import { retain } from './retention.ts';
import { setRunLimit } from './run-limits.ts';
import { Revisions } from './revisions.ts';
import { listFirings, scheduleState } from './schedules.ts';
import {
  giveUpServer,
  joinServer,
  leaveServers,
  renewLease,
  stoppingAttempts,
  takeOver,
} from './servers.ts';
import { stopOverdue, stopRun } from './stops.ts';
import {
  createTemplate,
  deleteTemplate,
  findTemplate,
  setSuspended,
  templatesReferringTo,
  updateTemplate,
} from './templates.ts';
import { guardedRead, reading, statement, type Transaction, Transactions } from './transactions.ts';
import { judgeRun } from './verdicts.ts';
import { Wakes } from './wakes.ts';
import { Work } from './work.ts';

export interface PostgresStoreOptions extends ConnectionOptions {
  readonly limits?: Partial<AdmissionLimits>;
}

/** A store that several servers share. */
export interface PostgresStore extends Store {
  /**
   * Calls `onWake` when another server may have made something claimable or asked for a stop.
   * Resolves when it listens, with what ends it; a lost connection is made again.
   * @throws Error when it is watched already, or the database cannot be reached.
   */
  watch(onWake: () => void): Promise<() => Promise<void>>;
}

const answer = statement('ping', 'select 1');

/**
 * The store of several servers: one PostgreSQL database, transactions at READ COMMITTED with row
 * locks, hot writes in batches. Whatever a method answers is committed and synced.
 */
export function createPostgresStore(options: PostgresStoreOptions): PostgresStore {
  const pool = generalPool(options);
  const hotPool = lanePool(options);
  const sql = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const wakes = new Wakes(options);
  const transactions = new Transactions((tx) => wakes.notify(tx));
  const revisions = new Revisions();
  const limits = { ...defaultAdmissionLimits, ...options.limits };
  const db = reading(pool);
  const reads = new Reads(db, sql, revisions);
  const reports = new Reports(revisions);
  let firstShard = 0;
  const shard = (offset: number): number => (firstShard + offset) % UNFINISHED_SHARDS;
  const lanes = new Lanes({
    pool: hotPool,
    transactions,
    shards: () => ({ admissions: shard(0), progress: shard(1), firings: shard(2) }),
    admission: new Admission(limits, new Quota(limits.unfinishedRuns), revisions),
    claims: new Claims(revisions),
    reports,
  });
  const under = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;

  /** A rare write in a transaction of its own. */
  const write = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
    const done = transactions.run(pool, work);
    under.add(done);
    const forget = (): void => void under.delete(done);
    done.then(forget, forget);
    return done;
  };
  /** A rare write that changes runs. */
  const writeRuns = <T>(change: (work: Work) => Promise<T>): Promise<T> =>
    write(async (tx) => {
      const work = new Work(tx, shard(3));
      const value = await change(work);
      await work.finish();
      return value;
    });
  const close = async (): Promise<void> => {
    await wakes.close();
    await lanes.idle();
    await Promise.allSettled(under);
    // Kysely would leave a pool open that it has not used.
    await Promise.all([hotPool.end(), pool.end()]);
  };

  return {
    async open() {
      await migrateDatabase(options);
    },
    async join(server) {
      const joined = await write((tx) => joinServer(tx, server));
      // Servers next to each other add to different shards.
      firstShard = joined.fence * 4;
      return joined;
    },
    renew: (fence, leaseTtlMs) => write((tx) => renewLease(tx, fence, leaseTtlMs)),
    leave: (fence) => write((tx) => leaveServers(tx, fence)),
    giveUp: (fence, nowMs) => writeRuns((work) => giveUpServer(work, reports, fence, nowMs)),
    stopping: (fence) => stoppingAttempts(db, fence),
    close: () => (closing ??= close()),
    async ping() {
      await db.rows(answer);
    },
    watch: (onWake) => wakes.watch(onWake),

    createTemplate: (template, context) => write((tx) => createTemplate(tx, template, context)),
    updateTemplate: (id, dialect, revise, context) =>
      write((tx) => updateTemplate(tx, id, dialect, revise, context)),
    setSuspended: (id, dialect, suspended, context) =>
      writeRuns((work) => setSuspended(work, id, dialect, suspended, context)),
    deleteTemplate: (id, dialect, context) =>
      writeRuns((work) => deleteTemplate(work, id, dialect, context)),
    template: (id, dialect) => findTemplate(db, id, dialect),
    templates: (query) => guardedRead(() => reads.templates(query)),
    templateChanges: (id, offset, limit) => guardedRead(() => listChanges(sql, id, offset, limit)),
    templatesReferringTo: (id) => templatesReferringTo(db, id),

    admit: (request) => lanes.admit(request),
    fire: (request) => lanes.fire(request),
    firings: (templateId, offset, limit) => listFirings(db, templateId, offset, limit),
    schedule: (templateId) => scheduleState(db, templateId),
    setRunLimit: async (dialect, namespace, maxRunning) => ({
      wake: await write((tx) => setRunLimit(tx, dialect, namespace, maxRunning)),
    }),
    claim: (request) => lanes.claim(request),
    report: (batch, nowMs) => lanes.report({ reports: batch, nowMs }),
    judgeRun: (runId, verdict, by, nowMs) =>
      writeRuns((work) => judgeRun(work, runId, verdict, by, nowMs)),
    stopRun: (runId, cause, message, nowMs) =>
      writeRuns((work) => stopRun(work, runId, cause, message, nowMs)),
    stopOverdue: (nowMs) => writeRuns((work) => stopOverdue(work, nowMs)),
    deleteRun: (runId, nowMs) => writeRuns((work) => hideRun(work, runId, nowMs)),
    purgeDeleted: (limit) => write((tx) => eraseHidden(tx, limit)),
    takeOver: (fence, known) =>
      writeRuns((work) =>
        takeOver(
          work,
          fence,
          known.flatMap((id) => parseAttemptId(id) ?? []),
        ),
      ),

    run: (id) => reads.run(id),
    latestRun: (templateId) => reads.latestRun(templateId),
    runs: (query) => guardedRead(() => listRuns(sql, query)),
    runRows: (query) => guardedRead(() => listRunRows(sql, query)),
    runsWithInstances: (ids) => reads.runsWithInstances(ids),
    knownRuns: (ids) => reads.known(ids),
    instances: (runId) => reads.instances(runId),
    attempt: (id) => reads.attempt(id),
    events: (runId) => reads.events(runId),
    recordRefusal: (refusal) => lanes.recordRefusal(refusal),
    refusals: (templateId, limit) => listRefusals(db, templateId, limit),
    counts: () => reads.counts(),

    putKey: (key, sealedSecret) => write((tx) => accessWrites.putKey(tx, key, sealedSecret)),
    key: (id) => accessReads.key(db, id),
    keys: () => accessReads.keys(db),
    setKeyEnabled: (id, enabled) => write((tx) => accessWrites.setKeyEnabled(tx, id, enabled)),
    deleteKey: (id) => write((tx) => accessWrites.deleteKey(tx, id)),
    putUser: (user) => write((tx) => accessWrites.putUser(tx, user)),
    user: (name) => accessReads.user(db, name),
    users: () => accessReads.users(db),
    deleteUser: (name) => write((tx) => accessWrites.deleteUser(tx, name)),
    putPolicy: (name, document) => write((tx) => accessWrites.putPolicy(tx, name, document)),
    policies: () => accessReads.policies(db),
    deletePolicy: (name) => write((tx) => accessWrites.deletePolicy(tx, name)),

    ...catalogOf({ db, sql, write }),
    ...documentsOf({ db, sql, write }),
    ...auditOf({ db, sql, write }),
    unfinishedByDialect: (limit) => guardedRead(() => unfinishedByDialect(sql, limit)),
    runOutcomes: (ids) => guardedRead(() => runOutcomes(sql, ids)),
    ...runListsOf(sql, 'postgres', guardedRead),
    ...templateListsOf(sql, 'postgres', guardedRead, (query) => reads.templates(query)),

    retain: (request) => write((tx) => retain(tx, request)),
    releaseOutput: (request) => write((tx) => releaseOutput(tx, request)),
    removals: (fence, after, limit) => listRemovals(db, fence, after, limit),
    removed: (fence, attemptIds) => write((tx) => removalsDone(tx, fence, attemptIds)),
    forgotten: (fence, attemptIds) => forgottenAttempts(db, fence, attemptIds),
  };
}

/** Migrates with a connection that is patient; servers that start together wait for each other. */
async function migrateDatabase(options: ConnectionOptions): Promise<void> {
  const db = new Kysely<Database>({
    dialect: new PostgresDialect({ pool: migrationPool(options) }),
  });
  try {
    await migrate(db, 'postgres');
  } finally {
    await db.destroy();
  }
}
