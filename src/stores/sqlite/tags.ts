import type { CatalogLimits, Tag } from '../../domain/catalog.ts';
import type { DialectName } from '../../domain/template.ts';
import { quotaExceeded, templateNotFound } from '../sql/catalog-refusals.ts';
import type { TemplateRecord } from '../sql/rows.ts';
import { lazy, type Session } from './session.ts';

/** Labels of templates. They go with their template. */
export class Tags {
  readonly #q;

  constructor({ db }: Session) {
    this.#q = lazy(() => ({
      template: db.prepare(
        'select n, id, name from templates where id = ? and dialect = ? and deleted_at is null',
      ),
      list: db.prepare(
        'select key, value from tags where dialect = ? and template_id = ? order by key',
      ),
      put: db.prepare(
        `insert into tags (dialect, template_id, key, value, template_n) values (?, ?, ?, ?, ?)
         on conflict (dialect, template_id, key) do update set value = excluded.value`,
      ),
      remove: db.prepare('delete from tags where dialect = ? and template_id = ? and key = ?'),
      removeAll: db.prepare('delete from tags where dialect = ? and template_id = ?'),
    }));
  }

  /** @throws DomainError `template-not-found`, `catalog-quota-exceeded`; then nothing is changed. */
  put(
    dialect: DialectName,
    templateIds: readonly string[],
    tags: readonly Tag[],
    limits: CatalogLimits,
  ): void {
    const templates = this.#demand(dialect, templateIds);
    const most = limits.tagsPerTemplate;
    for (const { id, name } of templates) {
      const keys = new Set([...this.of(dialect, id), ...tags].map(({ key }) => key));
      if (keys.size > most) throw quotaExceeded('tag', most, `tags: template ${name}`);
    }
    for (const { id, n } of templates) {
      for (const { key, value } of tags) this.#q().put.run(dialect, id, key, value, n);
    }
  }

  /** @throws DomainError `template-not-found`; then nothing is changed. */
  remove(
    dialect: DialectName,
    templateIds: readonly string[],
    keys: readonly string[] | null,
  ): void {
    for (const { id } of this.#demand(dialect, templateIds)) {
      if (keys === null) this.removeAll(dialect, id);
      else for (const key of keys) this.#q().remove.run(dialect, id, key);
    }
  }

  removeAll(dialect: DialectName, templateId: string): void {
    this.#q().removeAll.run(dialect, templateId);
  }

  /** Of one template, by key. */
  of(dialect: DialectName, templateId: string): Tag[] {
    return this.#q().list.all(dialect, templateId) as Tag[];
  }

  #demand(
    dialect: DialectName,
    templateIds: readonly string[],
  ): Pick<TemplateRecord, 'n' | 'id' | 'name'>[] {
    return [...new Set(templateIds)].map((id) => {
      const row = this.#q().template.get(id, dialect);
      if (row === undefined) throw templateNotFound(id);
      return row as Pick<TemplateRecord, 'n' | 'id' | 'name'>;
    });
  }
}
