/** The engine's front door: the only engine module that dialects may import. */
export type {
  Access,
  Catalog,
  Engine,
  EngineStats,
  NewKey,
  Runs,
  SubmitRequest,
  Templates,
} from './engine.ts';
export type { ChangeQuery, NamedChange, TaggedTemplate } from '../ports/catalog.ts';
export type { RunOverride, TemplateSummary } from '../ports/store.ts';
