import type { Template } from '../domain/template.ts';
import type { TemplateSearch, TemplateSearchPage } from '../ports/template-lists.ts';

/** Looking at templates and what they were. */
export interface TemplateReads {
  /** Pages from the newest back, at a cost that does not grow with how far back. */
  search(query: TemplateSearch): Promise<TemplateSearchPage>;
  /**
   * The template as this revision defined it; null when it is not kept any more.
   * @throws DomainError `template-not-found`.
   */
  revision(id: string, revision: number): Promise<Template | null>;
}
