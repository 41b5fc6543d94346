import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import Fastify from 'fastify';
import { systemClock } from '../../../src/app/clock.ts';
import { gatewayErrors, WireError } from '../../../src/dialects/aliyun/errors.ts';
import { createAliyunFamily } from '../../../src/dialects/aliyun/family.ts';
import { openNonceMemory } from '../../../src/dialects/aliyun/nonces.ts';
import type { Operation, Product } from '../../../src/dialects/aliyun/operation.ts';
import { answerNotFound, mountProduct, mountRpc } from '../../../src/dialects/aliyun/pipeline.ts';
import { DomainError, domainErrorCodes } from '../../../src/domain/errors.ts';
import type { DomainErrorCode } from '../../../src/domain/errors.ts';
import { createAccess } from '../../../src/engine/access.ts';
import { AuditLog } from '../../../src/engine/audit.ts';
import { createSqliteStore } from '../../../src/stores/sqlite/store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { Cleanup } from '../../support/temporary-folder.ts';

export const version = '2019-05-06';
export const rootKey = { id: 'testAccessKeyId', secret: 'testAccessKeySecret' };
export const paths = { echo: '/pop/v1/sam/test/echo', put: '/pop/v1/sam/test/put' };

/** What the echoing operations saw. */
interface Services {
  readonly names: readonly string[];
}

function operation(
  name: string,
  method: Operation<Services>['method'],
  path: string,
  handle: Operation<Services>['handle'],
): Operation<Services> {
  return { name, method, path, parameters: [], handle };
}

const echo: Operation<Services>['handle'] = async (call, { names }) => ({
  data: Object.fromEntries(
    names.filter((name) => call.params.has(name)).map((name) => [name, call.params.get(name)]),
  ),
});

const errors = Object.fromEntries(
  domainErrorCodes.map((code) => [
    code,
    (_details: unknown, text: string) => new WireError(400, `Mapped.${code}`, text),
  ]),
) as Record<DomainErrorCode, (details: unknown, message: string) => WireError>;

const product: Product<Services> = {
  name: 'test',
  version,
  ramCode: 'sae',
  services: { names: ['AppId', 'Command', 'Empty', 'Form', 'Data', 'Count', 'Envs'] },
  errors,
  operations: [
    operation('DescribeEcho', 'GET', paths.echo, echo),
    operation('PutEcho', 'POST', paths.put, echo),
    operation('RefuseJob', 'DELETE', paths.echo, async () => {
      throw new DomainError('template-suspended', 'refused');
    }),
    operation('BreakJob', 'PUT', paths.echo, async () => {
      throw new Error('secret detail');
    }),
  ],
};

/** A real server with a store, keys and the product above on 127.0.0.1. */
export async function startServer(cleanup: Cleanup, options: { nonceLimit?: number } = {}) {
  const folder = await temporaryFolder(cleanup);
  const store = createSqliteStore({ path: join(folder, 'test.db') });
  await store.open();
  const access = await createAccess({
    store,
    masterKey: randomBytes(32),
    clock: systemClock,
    randomBytes,
  });
  await access.createKey({ user: 'owner', root: true, ...rootKey });
  let skewMs = 0;
  const logged: object[] = [];
  const log = {
    info: () => undefined,
    warn: () => undefined,
    error: (fields: object) => void logged.push(fields),
  };
  const nonceLimit = options.nonceLimit;
  const nonces = openNonceMemory({
    directory: join(folder, 'nonces'),
    nowMs: Date.now(),
    log,
    ...(nonceLimit === undefined ? {} : { limit: nonceLimit }),
  });
  const family = createAliyunFamily({
    nonces,
    context: {
      engine: {
        access,
        audit: new AuditLog({ store, clock: systemClock, log, retention: null, intervalMs: 0 }),
      },
      region: 'cn-hangzhou',
      accountId: '1000000000000001',
      nowMs: () => Date.now() + skewMs,
      uuid: randomUUID,
      log,
    },
  });
  const app = Fastify({ http: { maxHeaderSize: 256 * 1024 } });
  await mountProduct(app, product, family);
  await mountRpc(app, family);
  app.setNotFoundHandler(answerNotFound(family));
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  cleanup.after(async () => {
    await app.close();
    nonces.close();
    await store.close();
  });
  return {
    access,
    logged,
    port: address.port,
    host: `127.0.0.1:${address.port}`,
    setSkewMs: (value: number) => {
      skewMs = value;
    },
  };
}

export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Sends one request exactly as given. */
export function send(port: number, sent: Sent) {
  return new Promise<{
    readonly status: number;
    readonly headers: NodeJS.Dict<string | string[]>;
    readonly text: string;
    readonly json: Record<string, unknown>;
  }>((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method: sent.method,
        path: sent.url,
        headers: {
          ...sent.headers,
          // Node frames the body of a DELETE or OPTIONS only when told its length.
          ...(sent.body === undefined ? {} : { 'content-length': Buffer.byteLength(sent.body) }),
          connection: 'close',
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text,
            json: text === '' ? {} : JSON.parse(text),
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(sent.body);
  });
}

/** Signs as V3, written from the contract apart from the server's code. Query must be sorted. */
export function signV3(
  host: string,
  sent: Sent,
  options: {
    readonly key?: { readonly id: string; readonly secret: string };
    readonly date?: string;
    readonly nonce?: string;
    readonly extra?: Readonly<Record<string, string>>;
  } = {},
): Sent {
  const key = options.key ?? rootKey;
  const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');
  const payload = sha256(sent.body ?? '');
  const headers: Record<string, string> = {
    host,
    'x-acs-date': options.date ?? new Date().toISOString().replace(/\.\d+/, ''),
    'x-acs-signature-nonce': options.nonce ?? randomUUID(),
    'x-acs-content-sha256': payload,
    ...sent.headers,
    ...options.extra,
  };
  const names = Object.keys(headers).sort();
  const [path, query = ''] = sent.url.split('?');
  const canonical = [
    sent.method,
    path,
    query,
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    payload,
  ].join('\n');
  const signature = createHmac('sha256', key.secret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex');
  headers['authorization'] =
    `ACS3-HMAC-SHA256 Credential=${key.id},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return { ...sent, headers };
}

/** Errors whose text does not depend on the request. */
type FixedError = Exclude<
  keyof typeof gatewayErrors,
  'noPermission' | 'invalidParameter' | 'signatureMismatchV1' | 'signatureMismatchV3'
>;

/** The message of a gateway error, for comparison with an answer. */
export function message(name: FixedError): string {
  return gatewayErrors[name]().message;
}
