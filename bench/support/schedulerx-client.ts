import { createHash, createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { Key } from './signed-requests.ts';

type Texts = Readonly<Record<string, string>>;

const version = '2019-04-30';
const emptySha256 = createHash('sha256').digest('hex');
const callTimeoutMs = 30_000;

/**
 * Raw HTTP bytes of one SchedulerX operation, V3-signed as a GET with all parameters in the query
 * (schedulerx.md §1.2). Signed ahead of time, so that the load spends its core on sockets only.
 */
export function signedCall(host: string, action: string, params: Texts, key: Key): Buffer {
  const { target, headers } = signed(host, action, params, key);
  const lines = [
    `GET ${target} HTTP/1.1`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

/** SchedulerX's API with one key. */
export interface SchedulerxApi {
  /** The `Data` of a success. @throws Error with the whole answer of anything else. */
  call(action: string, params: Texts): Promise<Readonly<Record<string, unknown>>>;
  close(): void;
}

/** A client with connections that are kept. */
export function schedulerxApi(url: string, key: Key): SchedulerxApi {
  const { host, hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true });
  return {
    async call(action, params) {
      const { target, headers } = signed(host, action, params, key);
      const text = await new Promise<string>((resolve, reject) => {
        const timeout = callTimeoutMs;
        const asked = request({ agent, hostname, port, path: target, headers, timeout });
        asked.once('timeout', () => asked.destroy(new Error(`${action} was not answered`)));
        asked.once('error', reject).once('response', (response) => {
          const parts: Buffer[] = [];
          response.on('data', (part: Buffer) => parts.push(part)).once('error', reject);
          response.once('end', () => resolve(Buffer.concat(parts).toString('utf8')));
        });
        asked.end();
      });
      const answer = JSON.parse(text) as { Success?: boolean; Data?: Record<string, unknown> };
      if (answer.Success !== true) throw new Error(`${action}: ${text}`);
      return answer.Data ?? {};
    },
    close() {
      agent.destroy();
    },
  };
}

function signed(host: string, action: string, params: Texts, key: Key) {
  const query = Object.keys(params)
    .toSorted()
    .map((name) => `${encoded(name)}=${encoded(params[name] ?? '')}`)
    .join('&');
  const own: Record<string, string> = {
    host,
    'x-acs-action': action,
    'x-acs-content-sha256': emptySha256,
    'x-acs-date': new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    'x-acs-signature-nonce': randomUUID().replaceAll('-', ''),
    'x-acs-version': version,
  };
  const names = Object.keys(own).toSorted();
  const lines = names.map((name) => `${name}:${own[name]}\n`).join('');
  const canonical = ['GET', '/', query, lines, names.join(';'), emptySha256].join('\n');
  const toSign = `ACS3-HMAC-SHA256\n${createHash('sha256').update(canonical).digest('hex')}`;
  const signature = createHmac('sha256', key.secret).update(toSign).digest('hex');
  const authorization = `ACS3-HMAC-SHA256 Credential=${key.id},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return {
    target: query === '' ? '/' : `/?${query}`,
    headers: { ...own, accept: 'application/json', authorization },
  };
}

/** RFC 3986, without exceptions. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
