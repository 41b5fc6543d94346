/** Connector to connector in one process, one transaction, without checkpoints or proof. Job on stdin. */
import { text } from 'node:stream/consumers';
import { createConnectors } from '../../src/app/connectors.ts';
import type { LinkOptions } from '../../src/domain/transfer/link.ts';
import type { Connector, PlannedTable } from '../../src/ports/connector.ts';
import type { TransferWork } from '../../src/ports/transfers.ts';

const BATCH_BYTES = 1024 * 1024;

const { definition, links } = JSON.parse(await text(process.stdin)) as TransferWork;
const settings = { databaseRoot: null, shares: {}, hosts: [] };
const connectorOf = createConnectors(settings, { nowMs: Date.now });
const { signal } = new AbortController();
const { from, to } = definition;
const [fromLink, toLink] = [linkOf(from.link), linkOf(to.link)];
const source = await (await connector(fromLink)).source(fromLink as never, from, signal);
const target = await (await connector(toLink)).target(toLink as never, to, 'bare', signal);
const [table] = await source.tables();
if (table === undefined) throw new Error('there is no table');
const there = await target.look(table);
const columns = table.columns.map((column, place) => ({
  source: column,
  target: there.columns?.[place] ?? target.columnFor(column),
}));
const planned: PlannedTable = { index: 0, source: table, target: there.name, columns };
await target.prepare([planned], 'bare');
const taken = target.formats(planned);
const kind = source.formats(table.columns).find((one) => taken.some((other) => other.kind === one));
const format = taken.find((one) => one.kind === kind);
if (format === undefined) throw new Error('there is no common format');
const parts = {
  shard: 0,
  shards: 1,
  runId: 'bare',
  after: null,
  repeats: false,
  inOneGo: true,
  signal,
};
const loader = await target.open({ table: planned, format, ...parts });
for (const chunk of await source.chunks(table, { shards: 1, fine: false, chunkRows: 1 })) {
  const request = { table, columns: table.columns, chunk, position: null, format, signal };
  let writing: Promise<unknown> = Promise.resolve();
  for await (const batch of source.read({ ...request, batchBytes: BATCH_BYTES })) {
    await writing;
    writing = loader.write(batch);
  }
  await writing;
}
await loader.prepareCommit();
await loader.commit();
await loader.close();
await target.finish([planned], 'bare');
await Promise.all([source.close(), target.close()]);

function linkOf(name: string): LinkOptions {
  const link = links[name];
  if (link === undefined) throw new Error(`there is no link ${name}`);
  return link;
}

function connector({ kind: wanted }: LinkOptions): Promise<Connector> {
  return connectorOf(wanted);
}
