import type { Tag } from '../domain/catalog.ts';
import type { Run } from '../domain/run.ts';
import type { Artifact, DialectName, Template, TemplateChange } from '../domain/template.ts';

export interface TemplateQuery {
  readonly dialect?: DialectName;
  readonly namespace?: string;
  readonly nameContains?: string;
  readonly ids?: readonly string[];
  /** Of what kind the thing that its runs execute is. */
  readonly artifact?: Artifact['kind'];
  /** All of these tags, key and value. */
  readonly tags?: readonly Tag[];
  /** `active`: running instances of the newest run; `replicas`: target instances. */
  readonly orderBy?: 'created' | 'active' | 'replicas';
  readonly ascending?: boolean;
  readonly offset: number;
  readonly limit: number;
}

/** A template with its newest run, as lists show it. */
export interface TemplateSummary extends Template {
  readonly latestRun: Run | null;
  readonly latestChange: TemplateChange | null;
  /** By key. */
  readonly tags: readonly Tag[];
}

/**
 * `suspended`: refuses new runs. `active`: does not. `failing`: its newest run failed and nobody has
 * judged otherwise.
 */
export type TemplateCondition = 'active' | 'suspended' | 'failing';

/** Which templates are wanted. */
export interface TemplateSearch {
  readonly dialect?: DialectName;
  readonly namespace?: string;
  readonly condition?: TemplateCondition;
  /** Has this tag; without a value any of this key. */
  readonly tag?: { readonly key: string; readonly value?: string };
  /** Beginning of the id, or a part of the name in any letter case; every character means itself. */
  readonly text?: string;
  /** Templates made before this place, which is not among them; null = from the newest on. */
  readonly before: number | null;
  /** At least 1. */
  readonly limit: number;
}

/** A page of a search. */
export interface TemplateSearchPage {
  /** Newest first. */
  readonly rows: readonly TemplateSummary[];
  /** Where to go on; null = nothing older is left. */
  readonly next: number | null;
}

/** Lists and pasts of templates for people who look. Part of `Store`. */
export interface TemplateListStore {
  /** Pages from the newest back; hidden templates are not among them. */
  searchTemplates(query: TemplateSearch): Promise<TemplateSearchPage>;
  /**
   * The template as it was defined by this revision; name, tags and suspension are those of now.
   * Null when there is no such template, or the revision is not kept any more.
   */
  templateRevision(id: string, revision: number): Promise<Template | null>;
}
