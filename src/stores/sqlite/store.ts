import type { Database as Connection } from 'better-sqlite3';
import { type AdmissionLimits, defaultAdmissionLimits } from '../../domain/admission.ts';
import type { Store } from '../../ports/store.ts';
import { migrate } from '../sql/migrations.ts';
import { runOutcomes, unfinishedByDialect } from '../sql/observing.ts';
import { runListsOf } from '../sql/run-lists.ts';
import { templateListsOf } from '../sql/template-lists.ts';
import { AccessTables } from './access.ts';
import { auditOf } from './audit.ts';
import { Admission } from './admission.ts';
import { catalogOf } from './catalog.ts';
import { Claims } from './claims.ts';
import { documentsOf } from './documents.ts';
import { Purge } from './purge.ts';
import { Reads } from './reads.ts';
import { References } from './references.ts';
import { Refusals } from './refusals.ts';
import { Removals } from './removals.ts';
import { Reports } from './reports.ts';
import { Retention } from './retention.ts';
import { Schedules } from './schedules.ts';
import { Servers } from './servers.ts';
import { RunLimits } from './run-limits.ts';
import { Session } from './session.ts';
import { Stops } from './stops.ts';
import { Tags } from './tags.ts';
import { TemplateChanges } from './template-changes.ts';
import { Templates } from './templates.ts';
import { Verdicts } from './verdicts.ts';

export interface SqliteStoreOptions {
  /** Database file; created when missing, readable by its owner only. */
  readonly path: string;
  readonly limits?: Partial<AdmissionLimits>;
}

/** For a store that is gone with the process: the simulation's. */
export interface MemoryStoreOptions {
  /** Open in-memory database; it goes with the store's `close`. */
  readonly memory: Connection;
  readonly limits?: Partial<AdmissionLimits>;
}

/**
 * The store of an embedded server: one SQLite file in WAL mode with full sync, one writer,
 * group commit. Reads go straight to the same connection.
 */
export function createSqliteStore(options: SqliteStoreOptions | MemoryStoreOptions): Store {
  const session = new Session('path' in options ? options.path : options.memory, {
    ...defaultAdmissionLimits,
    ...options.limits,
  });
  const runLimits = new RunLimits(session);
  const stops = new Stops(session, runLimits);
  const refusals = new Refusals(session);
  const admission = new Admission(session, stops, refusals);
  const claims = new Claims(session, stops, runLimits);
  const reports = new Reports(session, stops);
  const verdicts = new Verdicts(session, stops);
  const servers = new Servers(session, reports);
  const schedules = new Schedules(session, admission);
  const references = new References(session);
  const tags = new Tags(session);
  const changes = new TemplateChanges(session);
  const templates = new Templates(session, { stops, schedules, references, tags, changes });
  const purge = new Purge(session, stops);
  const retention = new Retention(session, purge);
  const removals = new Removals(session);
  const reads = new Reads(session, tags);
  const access = new AccessTables(session);
  const write = session.writes.run.bind(session.writes);

  return {
    async open() {
      await migrate(session.sql);
      session.loadUnfinished();
    },
    async close() {
      if (!session.db.open) return;
      // Resolves after everything that was asked before it is on the disk.
      if (session.writes.broken === null) await write(() => undefined);
      await session.close();
    },
    async ping() {
      if (session.writes.broken !== null) throw session.writes.broken;
      session.db.prepare('select 1').get();
    },

    join: (server, nowMs) => write(() => servers.join(server, nowMs)),
    renew: (fence, leaseTtlMs, nowMs) => write(() => servers.renew(fence, leaseTtlMs, nowMs)),
    leave: (fence, nowMs) => write(() => servers.leave(fence, nowMs)),
    giveUp: (fence, nowMs) => write(() => servers.giveUp(fence, nowMs)),
    stopping: async (fence) => servers.stopping(fence),

    createTemplate: (template, context) => write(() => templates.create(template, context)),
    updateTemplate: (id, dialect, revise, context) =>
      write(() => templates.update(id, dialect, revise, context)),
    setSuspended: (id, dialect, suspended, context) =>
      write(() => templates.setSuspended(id, dialect, suspended, context)),
    deleteTemplate: (id, dialect, context) => write(() => templates.delete(id, dialect, context)),
    template: async (id, dialect) => templates.find(id, dialect),
    templates: (query) => reads.templates(query),
    templateChanges: (id, offset, limit) => reads.changes(id, offset, limit),
    templatesReferringTo: async (id) => templates.referringTo(id),

    admit: (request) => write(() => admission.admit(request)),
    fire: (request) => write(() => schedules.fire(request)),
    firings: async (templateId, offset, limit) => schedules.firings(templateId, offset, limit),
    schedule: async (templateId) => schedules.state(templateId),
    setRunLimit: (dialect, namespace, maxRunning) =>
      write(() => ({ wake: runLimits.set(dialect, namespace, maxRunning) })),
    claim: (request) =>
      write(() => {
        servers.demand(request.fence);
        return claims.claim(request);
      }),
    report: (batch, nowMs) => write(() => reports.apply(batch, nowMs)),
    judgeRun: (runId, verdict, by, nowMs) => write(() => verdicts.judge(runId, verdict, by, nowMs)),
    stopRun: (runId, cause, message, nowMs) =>
      write(() => stops.stop(runId, cause, message, nowMs)),
    stopOverdue: (nowMs) => write(() => stops.stopOverdue(nowMs)),
    deleteRun: (runId, nowMs) => write(() => purge.hide(runId, nowMs)),
    purgeDeleted: (limit) => write(() => purge.erase(limit)),
    takeOver: (fence, known) =>
      write(() => {
        servers.demand(fence);
        return reports.takeOver(fence, known);
      }),

    run: async (id) => reads.run(id),
    latestRun: async (templateId) => reads.latestRun(templateId),
    runs: (query) => reads.runs(query),
    runRows: (query) => reads.runRows(query),
    runsWithInstances: async (ids) => reads.runsWithInstances(ids),
    knownRuns: async (ids) => reads.known(ids),
    instances: async (runId) => reads.instances(runId),
    attempt: async (id) => reads.attempt(id),
    events: async (runId) => reads.events(runId),
    recordRefusal: (refusal) => write(() => refusals.recordById(refusal)),
    refusals: async (templateId, limit) => refusals.list(templateId, limit),
    counts: async () => reads.counts(),

    putKey: (key, sealedSecret) => write(() => access.putKey(key, sealedSecret)),
    key: async (id) => access.key(id),
    keys: async () => access.keys(),
    setKeyEnabled: (id, enabled) => write(() => access.setKeyEnabled(id, enabled)),
    deleteKey: (id) => write(() => access.deleteKey(id)),
    putUser: (user) => write(() => access.putUser(user)),
    user: async (name) => access.user(name),
    users: async () => access.users(),
    deleteUser: (name) => write(() => access.deleteUser(name)),
    putPolicy: (name, document) => write(() => access.putPolicy(name, document)),
    policies: async () => access.policies(),
    deletePolicy: (name) => write(() => access.deletePolicy(name)),

    ...catalogOf(session, { references, tags, changes, templates }),
    ...documentsOf(session),
    ...auditOf(session),
    unfinishedByDialect: (limit) => unfinishedByDialect(session.sql, limit),
    runOutcomes: (ids) => runOutcomes(session.sql, ids),
    ...runListsOf(session.sql, 'sqlite', (read) => read()),
    ...templateListsOf(
      session.sql,
      'sqlite',
      (read) => read(),
      (query) => reads.templates(query),
    ),

    retain: (request) => write(() => retention.retain(request)),
    releaseOutput: (request) => write(() => removals.release(request)),
    removals: async (fence, after, limit) => removals.list(fence, after, limit),
    removed: (fence, attemptIds) => write(() => removals.done(fence, attemptIds)),
    forgotten: async (fence, attemptIds) => removals.forgotten(fence, attemptIds),
  };
}
