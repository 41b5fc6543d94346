/** A server with databases to move rows between, for tests of the console's data pages. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { type ConsoleServer, startConsoleServer } from '../support/console-server.ts';
import { type Cleanup, temporaryFolder } from '../support/temporary-folder.ts';

export interface DataServer extends ConsoleServer {
  readonly region: string;
  /** The folder of `shop.db` and `copy.db`. */
  readonly databases: string;
}

/** A name that no page may be widened by. */
export const longName = `a-${'very-'.repeat(20)}long-name`;

/** Rows of the table `orders`; each hundredth has no mail. */
export const orderRows = 6_000;

/** Starts it, with links `shop` (tables), `files` (`orders.csv`) and `copy` (to write) when `links` is true. */
export async function startDataServer(cleanup: Cleanup, links: boolean): Promise<DataServer> {
  const folder = await temporaryFolder(cleanup);
  const databases = join(folder, 'databases');
  const files = join(folder, 'files');
  await mkdir(databases);
  await mkdir(files);
  // Long rows: what is read at once is a MiB, and a run must be seen on its way.
  const padding = 'x'.repeat(2_000);
  const lines = Array.from({ length: orderRows }, (_, at) => `${at + 1},${padding}`);
  await writeFile(join(files, 'orders.csv'), `${['id,mail', ...lines].join('\n')}\n`);
  const shop = new Sqlite(join(databases, 'shop.db'));
  shop.exec(`create table orders (id integer primary key, buyer_mail text, amount real, "${longName}" text);
    create table buyers (id integer primary key, name varchar(40) not null);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < ${orderRows})
    insert into orders select i, case when i % 100 = 0 then null else 'buyer' || i || '@example.com' end,
      i / 3.0, '<b>' || i || '</b>' from n`);
  shop.close();
  const copy = new Sqlite(join(databases, 'copy.db'));
  copy.exec(
    `create table strict_orders (id integer primary key, buyerMail text not null, amount integer, extra text);
     create table slow_copy (id integer primary key, mail text)`,
  );
  copy.close();
  const server = await startConsoleServer(cleanup, [
    '--set',
    `transfers.databases=${databases}`,
    '--set',
    `transfers.shares=${JSON.stringify([{ name: 'files', folder: files }])}`,
  ]);
  const { region } = await server.call<{ region: string }>('GET', '/info');
  if (links) {
    for (const name of ['shop', 'copy']) {
      const options = { kind: 'sqlite', file: `${name}.db` };
      await server.call('POST', '/links', { name, options });
    }
    const options = { kind: 'local', share: 'files' };
    await server.call('POST', '/links', { name: 'files', options });
  }
  return { ...server, region, databases };
}

/** A definition that copies `orders`. */
export function copyOrders(table: string, more: object = {}): object {
  return {
    from: { kind: 'tables', link: 'shop', table: 'orders' },
    to: { kind: 'table', link: 'copy', table, preparation: 'create' },
    ...more,
  };
}

/** A definition whose run takes a minute unless it is stopped: rows come slowly. */
export const slowCopy = {
  from: {
    kind: 'files',
    link: 'files',
    paths: ['orders.csv'],
    format: { kind: 'csv', headerLines: 1 },
  },
  to: { kind: 'table', link: 'copy', table: 'slow_copy' },
  throttle: { rowsPerSecond: 100 },
} as const;

/** A definition that loads `orders` and keeps out those without a mail. */
export const pickyCopy = {
  from: { kind: 'tables', link: 'shop', table: 'orders', columns: ['id', 'buyer_mail'] },
  to: {
    kind: 'table',
    link: 'copy',
    table: 'strict_orders',
    columns: ['id', 'buyerMail'],
    clear: { kind: 'all' },
  },
  dirtyRows: { tolerate: true },
} as const;
