import type { DialectName } from '../../domain/template.ts';
import type { CatalogKind } from '../sql/catalog-refusals.ts';
import { statement, type Transaction } from './transactions.ts';

// Any number nobody else uses; two names that share a number only wait for each other.
const alone = statement(
  'catalog-alone',
  'select pg_advisory_xact_lock(1819243878, hashtext($1)) is null as locked',
);
const holdNamespaceRow = statement(
  'namespace-hold',
  'select 1 as found from namespaces where dialect = $1 and id = $2 for key share',
);

/**
 * Lets nobody else add one of these until the commit, so that the next statement counts exactly.
 * `place`: what the limit is for, e.g. a namespace. The first lock of a transaction.
 */
export async function addAlone(
  tx: Transaction,
  kind: CatalogKind,
  dialect: DialectName,
  place: string,
): Promise<void> {
  await tx.rows(alone, [`${kind} ${dialect} ${place}`]);
}

/** Keeps a namespace from being deleted until the commit; one that is no row needs no keeping. */
export async function holdNamespace(
  tx: Transaction,
  dialect: DialectName,
  id: string,
): Promise<void> {
  await tx.rows(holdNamespaceRow, [dialect, id]);
}
