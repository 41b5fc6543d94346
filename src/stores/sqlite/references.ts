import type { ReferringTemplate } from '../../domain/catalog.ts';
import type { DialectName, Reference, TemplateRevision } from '../../domain/template.ts';
import type { CatalogStore } from '../../ports/catalog.ts';
import { checkIds } from '../sql/catalog-rows.ts';
import { targetInUse, targetNotFound } from '../sql/catalog-refusals.ts';
import { lazy, type Session } from './session.ts';

/** Which templates use which ConfigMaps and Secrets; only the newest revision of each counts. */
export class References {
  readonly #target;
  readonly #add;
  readonly #drop;
  readonly #user;
  readonly #users;

  constructor({ db }: Session) {
    const exists = (table: string) =>
      db.prepare(`select 1 from ${table} where id = ? and dialect = ?`);
    this.#target = {
      'config-map': lazy(() => exists('config_maps')),
      secret: lazy(() => exists('secrets')),
    };
    this.#add = lazy(() =>
      db.prepare(
        'insert or ignore into template_references (kind, target, template_n) values (?, ?, ?)',
      ),
    );
    this.#drop = lazy(() => db.prepare('delete from template_references where template_n = ?'));
    this.#user = lazy(() =>
      db
        .prepare(
          `select t.name from template_references f join templates t on t.n = f.template_n
           where f.kind = ? and f.target = ? limit 1`,
        )
        .pluck(),
    );
    this.#users = lazy(() =>
      db.prepare(
        `select f.target as targetId, t.id as templateId, t.name as templateName
         from template_references f join templates t on t.n = f.template_n
         where f.kind = ? and f.target in (select value from json_each(?))
         order by f.target, f.template_n`,
      ),
    );
  }

  /** @throws DomainError `config-map-not-found`, `secret-not-found`. */
  check(dialect: DialectName, { references = [] }: TemplateRevision): void {
    for (const reference of references) {
      if (this.#target[reference.kind]().get(reference.id, dialect) === undefined) {
        throw targetNotFound(reference);
      }
    }
  }

  /** Enters what a new template uses; it was checked. */
  add(templateN: number, { references = [] }: TemplateRevision): void {
    for (const { kind, id } of references) this.#add().run(kind, id, templateN);
  }

  /** What the template used is free. */
  drop(templateN: number): void {
    this.#drop().run(templateN);
  }

  /** @throws DomainError `config-map-in-use`, `secret-in-use`. */
  demandUnused(reference: Reference): void {
    const user = this.#user().get(reference.kind, reference.id) as string | undefined;
    if (user !== undefined) throw targetInUse(reference, user);
  }

  users(
    kind: Reference['kind'],
    ids: Parameters<CatalogStore['referringTemplates']>[1],
  ): ReferringTemplate[] {
    return this.#users().all(kind, JSON.stringify(checkIds(ids))) as ReferringTemplate[];
  }
}
