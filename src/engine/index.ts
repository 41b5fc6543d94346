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
export type { AlertOptions, AlertRules } from './alerts.ts';
export type { Document, DocumentContent, DocumentName } from '../ports/documents.ts';
export type { ChangeQuery, NamedChange, TaggedTemplate } from '../ports/catalog.ts';
export type { RunOverride, TemplateSummary } from '../ports/store.ts';
export type { WorkerGroup, WorkerGroups, WorkerInfo } from '../ports/workers.ts';
