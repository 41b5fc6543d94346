import type { DialectName, TemplateChange } from '../../domain/template.ts';
import type { NamedChange } from '../../ports/catalog.ts';
import type { ChangeContext } from '../../ports/store.ts';
import { definitionBounds } from '../sql/definition-bounds.ts';
import { type TemplateRecord, toNamedChange } from '../sql/rows.ts';
import type { TemplateChangeRow } from '../sql/schema.ts';
import { lazy, type Session } from './session.ts';

/** The record of every change of a template; it outlives the template for a while. */
export class TemplateChanges {
  readonly #insert;
  readonly #dropOldest;
  readonly #get;

  constructor({ db }: Session) {
    this.#insert = lazy(() =>
      db.prepare(
        `insert into template_changes (id, template_id, kind, revision, at, by, note, dialect, namespace, template_name)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
    );
    this.#dropOldest = lazy(() =>
      db.prepare(
        `delete from template_changes where template_id = ? and n <=
           (select n from template_changes where template_id = ? order by n desc limit 1 offset ${definitionBounds.changes})`,
      ),
    );
    this.#get = lazy(() =>
      db.prepare(`select * from template_changes where id = ? and dialect <> ''`),
    );
  }

  record(
    template: Pick<TemplateRecord, 'id' | 'dialect' | 'namespace' | 'name'>,
    kind: TemplateChange['kind'],
    revision: number,
    { changeId, atMs, by, note }: ChangeContext,
  ): void {
    const { id, dialect, namespace, name } = template;
    const what = [changeId, id, kind, revision, atMs, by, note];
    this.#insert().run(...what, dialect, namespace, name);
    this.#dropOldest().run(id, id);
  }

  /** Null also for one whose template was gone before changes told about theirs. */
  get(id: string): (NamedChange & { dialect: DialectName }) | null {
    const row = this.#get().get(id) as TemplateChangeRow | undefined;
    if (row === undefined) return null;
    return { ...toNamedChange(row), dialect: row.dialect as DialectName };
  }
}
