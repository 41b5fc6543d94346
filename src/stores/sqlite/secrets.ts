import type { CatalogLimits, Secret } from '../../domain/catalog.ts';
import type { DialectName } from '../../domain/template.ts';
import type { NewSecret } from '../../ports/catalog.ts';
import { isId, secretColumns, type SecretRecord, toSecret } from '../sql/catalog-rows.ts';
import { nameTaken, quotaExceeded, targetNotFound } from '../sql/catalog-refusals.ts';
import type { References } from './references.ts';
import { lazy, type Session } from './session.ts';

type SealedRecord = SecretRecord & { readonly sealed_data: Uint8Array };

/** Secrets. Their data arrives sealed and stays so. */
export class Secrets {
  readonly #references: References;
  readonly #q;

  constructor({ db }: Session, references: References) {
    this.#references = references;
    this.#q = lazy(() => ({
      get: db.prepare('select * from secrets where id = ? and dialect = ?'),
      list: db.prepare(
        `select ${secretColumns} from secrets where dialect = ? and namespace = ? order by id`,
      ),
      named: db.prepare('select 1 from secrets where dialect = ? and namespace = ? and name = ?'),
      count: db.prepare('select count(*) from secrets where dialect = ? and namespace = ?').pluck(),
      put: db.prepare(
        `insert into secrets (dialect, namespace, name, type, sealed_data, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?)`,
      ),
      set: db.prepare(
        'update secrets set sealed_data = ?, updated_at = ? where id = ? and dialect = ?',
      ),
      remove: db.prepare('delete from secrets where id = ?'),
    }));
  }

  /** @throws DomainError `already-exists`, `catalog-quota-exceeded`. */
  create(input: NewSecret, sealedData: Uint8Array, limits: CatalogLimits): Secret {
    const { dialect, namespace, name, type, createdAtMs } = input;
    if (this.#q().named.get(dialect, namespace, name) !== undefined) {
      throw nameTaken('secret', name, namespace);
    }
    const most = limits.secretsPerNamespace;
    if ((this.#q().count.get(dialect, namespace) as number) >= most) {
      throw quotaExceeded('secret', most, `Secrets: namespace ${namespace}`);
    }
    const values = [dialect, namespace, name, type, sealedData, createdAtMs, createdAtMs];
    const { lastInsertRowid } = this.#q().put.run(...values);
    return this.#demand(dialect, Number(lastInsertRowid)).secret;
  }

  /** @throws DomainError `secret-not-found`. */
  update(dialect: DialectName, id: number, sealedData: Uint8Array, atMs: number): Secret {
    this.#demand(dialect, id);
    this.#q().set.run(sealedData, atMs, id, dialect);
    return this.#demand(dialect, id).secret;
  }

  /** @throws DomainError `secret-not-found`, `secret-in-use`. */
  delete(dialect: DialectName, id: number): void {
    this.#demand(dialect, id);
    this.#references.demandUnused({ kind: 'secret', id });
    this.#q().remove.run(id);
  }

  get(dialect: DialectName, id: number): { secret: Secret; sealedData: Uint8Array } | null {
    const row = isId(id) ? (this.#q().get.get(id, dialect) as SealedRecord | undefined) : undefined;
    return row === undefined ? null : { secret: toSecret(row), sealedData: row.sealed_data };
  }

  of(dialect: DialectName, namespace: string): Secret[] {
    return (this.#q().list.all(dialect, namespace) as SecretRecord[]).map(toSecret);
  }

  #demand(dialect: DialectName, id: number): { secret: Secret; sealedData: Uint8Array } {
    const found = this.get(dialect, id);
    if (found === null) throw targetNotFound({ kind: 'secret', id });
    return found;
  }
}
