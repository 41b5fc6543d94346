import type { CatalogLimits, Namespace } from '../../domain/catalog.ts';
import type { DialectName } from '../../domain/template.ts';
import type { Page } from '../../ports/store.ts';
import { toNamespace } from '../sql/catalog-rows.ts';
import {
  namespaceExists,
  namespaceInUse,
  namespaceNotFound,
  quotaExceeded,
} from '../sql/catalog-refusals.ts';
import type { NamespaceRow } from '../sql/schema.ts';
import { lazy, type Session } from './session.ts';

/** Namespaces; those that a dialect always has are no rows. */
export class Namespaces {
  readonly #q;

  constructor({ db }: Session) {
    this.#q = lazy(() => ({
      get: db.prepare('select * from namespaces where dialect = ? and id = ?'),
      list: db.prepare('select * from namespaces where dialect = ? order by id limit ? offset ?'),
      count: db.prepare('select count(*) from namespaces where dialect = ?').pluck(),
      put: db.prepare(
        `insert into namespaces (dialect, id, name, description, document, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?)`,
      ),
      set: db.prepare(
        `update namespaces set name = ?, description = ?, document = ?, updated_at = ?
         where dialect = ? and id = ?`,
      ),
      remove: db.prepare('delete from namespaces where dialect = ? and id = ?'),
      removeConfigMaps: db.prepare('delete from config_maps where dialect = ? and namespace = ?'),
      removeSecrets: db.prepare('delete from secrets where dialect = ? and namespace = ?'),
      template: db
        .prepare(
          'select name from templates where dialect = ? and namespace = ? and deleted_at is null limit 1',
        )
        .pluck(),
      // Of another namespace: one of this namespace was found before. A cross join keeps the order:
      // it costs by what is in this namespace, not by all references.
      user: db
        .prepare(
          `select t.name from (
             select 'config-map' as kind, id from config_maps where dialect = @dialect and namespace = @id
             union all select 'secret', id from secrets where dialect = @dialect and namespace = @id) as x
           cross join template_references f on f.kind = x.kind and f.target = x.id
           join templates t on t.n = f.template_n limit 1`,
        )
        .pluck(),
    }));
  }

  /** @throws DomainError `already-exists`, `catalog-quota-exceeded`. */
  create(namespace: Namespace, limits: CatalogLimits): void {
    const { dialect, id, name, description, document, createdAtMs, updatedAtMs } = namespace;
    if (this.get(dialect, id) !== null) throw namespaceExists(id);
    if (this.#total(dialect) >= limits.namespaces) {
      throw quotaExceeded('namespace', limits.namespaces, 'namespaces: an account');
    }
    const text = JSON.stringify(document);
    this.#q().put.run(dialect, id, name, description, text, createdAtMs, updatedAtMs);
  }

  /** @throws DomainError `namespace-not-found`. */
  update(dialect: DialectName, id: string, revise: (current: Namespace) => Namespace): Namespace {
    const current = this.#demand(dialect, id);
    const { name, description, document, updatedAtMs } = revise(current);
    const text = JSON.stringify(document);
    this.#q().set.run(name, description, text, updatedAtMs, dialect, id);
    return this.#demand(dialect, id);
  }

  /** @throws DomainError `namespace-not-found`, `namespace-in-use`. */
  delete(dialect: DialectName, id: string): void {
    this.#demand(dialect, id);
    const user = this.#q().template.get(dialect, id) ?? this.#q().user.get({ dialect, id });
    if (user !== undefined) throw namespaceInUse(id, user as string);
    this.#q().removeConfigMaps.run(dialect, id);
    this.#q().removeSecrets.run(dialect, id);
    this.#q().remove.run(dialect, id);
  }

  get(dialect: DialectName, id: string): Namespace | null {
    const row = this.#q().get.get(dialect, id) as NamespaceRow | undefined;
    return row === undefined ? null : toNamespace(row);
  }

  list(dialect: DialectName, offset: number, limit: number): Page<Namespace> {
    const rows = this.#q().list.all(dialect, limit, offset) as NamespaceRow[];
    return { rows: rows.map(toNamespace), total: this.#total(dialect) };
  }

  #total(dialect: DialectName): number {
    return this.#q().count.get(dialect) as number;
  }

  #demand(dialect: DialectName, id: string): Namespace {
    const found = this.get(dialect, id);
    if (found === null) throw namespaceNotFound(id);
    return found;
  }
}
