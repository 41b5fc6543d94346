import type { CatalogLimits, ConfigMap } from '../../domain/catalog.ts';
import type { DialectName } from '../../domain/template.ts';
import type { CatalogStore, NewConfigMap } from '../../ports/catalog.ts';
import { checkIds, type ConfigMapRecord, isId, toConfigMap } from '../sql/catalog-rows.ts';
import { nameTaken, quotaExceeded, targetNotFound } from '../sql/catalog-refusals.ts';
import type { References } from './references.ts';
import { lazy, type Session } from './session.ts';

type Change = Parameters<CatalogStore['updateConfigMap']>[2];

/** ConfigMaps. Their numbers are handed out once and never again. */
export class ConfigMaps {
  readonly #references: References;
  readonly #q;

  constructor({ db }: Session, references: References) {
    this.#references = references;
    this.#q = lazy(() => ({
      get: db.prepare('select * from config_maps where id = ? and dialect = ?'),
      some: db.prepare(
        'select * from config_maps where id in (select value from json_each(?)) and dialect = ?',
      ),
      list: db.prepare('select * from config_maps where dialect = ? and namespace = ? order by id'),
      named: db.prepare(
        'select 1 from config_maps where dialect = ? and namespace = ? and name = ?',
      ),
      count: db
        .prepare('select count(*) from config_maps where dialect = ? and namespace = ?')
        .pluck(),
      put: db.prepare(
        `insert into config_maps (dialect, namespace, name, description, data, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?)`,
      ),
      set: db.prepare(
        `update config_maps set data = ?, description = coalesce(?, description), updated_at = ?
         where id = ? and dialect = ?`,
      ),
      remove: db.prepare('delete from config_maps where id = ?'),
    }));
  }

  /** @throws DomainError `already-exists`, `catalog-quota-exceeded`. */
  create(input: NewConfigMap, limits: CatalogLimits): ConfigMap {
    const { dialect, namespace, name, description, data, createdAtMs } = input;
    if (this.#q().named.get(dialect, namespace, name) !== undefined) {
      throw nameTaken('config-map', name, namespace);
    }
    const most = limits.configMapsPerNamespace;
    if ((this.#q().count.get(dialect, namespace) as number) >= most) {
      throw quotaExceeded('config-map', most, `ConfigMaps: namespace ${namespace}`);
    }
    const values = [dialect, namespace, name, description, JSON.stringify(data)];
    const { lastInsertRowid } = this.#q().put.run(...values, createdAtMs, createdAtMs);
    return this.#demand(dialect, Number(lastInsertRowid));
  }

  /** @throws DomainError `config-map-not-found`. */
  update(dialect: DialectName, id: number, { data, description, atMs }: Change): ConfigMap {
    this.#demand(dialect, id);
    this.#q().set.run(JSON.stringify(data), description ?? null, atMs, id, dialect);
    return this.#demand(dialect, id);
  }

  /** @throws DomainError `config-map-not-found`, `config-map-in-use`. */
  delete(dialect: DialectName, id: number): void {
    this.#demand(dialect, id);
    this.#references.demandUnused({ kind: 'config-map', id });
    this.#q().remove.run(id);
  }

  some(dialect: DialectName, ids: readonly number[]): ConfigMap[] {
    const rows = this.#q().some.all(JSON.stringify(checkIds(ids)), dialect);
    return (rows as ConfigMapRecord[]).map(toConfigMap);
  }

  of(dialect: DialectName, namespace: string): ConfigMap[] {
    return (this.#q().list.all(dialect, namespace) as ConfigMapRecord[]).map(toConfigMap);
  }

  #demand(dialect: DialectName, id: number): ConfigMap {
    const row = isId(id) ? this.#q().get.get(id, dialect) : undefined;
    if (row === undefined) throw targetNotFound({ kind: 'config-map', id });
    return toConfigMap(row as ConfigMapRecord);
  }
}
