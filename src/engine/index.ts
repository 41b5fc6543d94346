/** The engine's front door: the only engine module that dialects may import. */
export type {
  Access,
  Catalog,
  DataJobs,
  Documents,
  Engine,
  EngineStats,
  LinkContent,
  Links,
  NewKey,
  Passwords,
  Runs,
  SubmitRequest,
  Templates,
} from './engine.ts';
export type { EndedBucket, ExecutorUse, OverviewFacts } from './overview.ts';
export type { ShownVariable } from './run-environment.ts';
export type { RunChange } from './run-feed.ts';
export type { ListedRun, NamedFiring, NextFiring, RunSearch } from '../ports/run-lists.ts';
export { searchLog, searchLogs } from './log-search.ts';
export type { RunLogPosition, SearchPace } from './log-search.ts';
export type { AlertOptions, AlertRules } from './alerts.ts';
export type { Audit, AuditNote } from './audit.ts';
export type { AuditPage, AuditPosition, AuditQuery } from '../ports/audit.ts';
export type { Document, DocumentContent, DocumentName } from '../ports/documents.ts';
export type { ConfigMapSummary } from '../ports/catalog-lists.ts';
export type { ChangeQuery, NamedChange, TaggedTemplate } from '../ports/catalog.ts';
export type { RunOverride, TemplateSummary } from '../ports/store.ts';
export type { WorkerGroup, WorkerGroups, WorkerInfo } from '../ports/workers.ts';
