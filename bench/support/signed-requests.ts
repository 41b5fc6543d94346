import { createHash, createHmac, randomUUID } from 'node:crypto';

/** An access key of the server under test. */
export interface Key {
  readonly id: string;
  readonly secret: string;
}

const EMPTY_SHA256 = createHash('sha256').digest('hex');

/**
 * Raw HTTP bytes of a V3-signed GET, the way Alibaba's current clients write it (sae.md §3.1).
 * Signed ahead of time, so that the load generator spends its core on sockets only.
 */
export function signedGet(
  host: string,
  action: string,
  path: string,
  query: Record<string, string>,
  key: Key,
): Buffer {
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(
      /[!'()*]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  const text = Object.keys(query)
    .toSorted()
    .map((name) => `${encode(name)}=${encode(query[name] ?? '')}`)
    .join('&');
  const headers: Record<string, string> = {
    host,
    'x-acs-action': action,
    'x-acs-content-sha256': EMPTY_SHA256,
    'x-acs-date': new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    'x-acs-signature-nonce': randomUUID().replaceAll('-', ''),
    'x-acs-version': '2019-05-06',
  };
  const names = Object.keys(headers).toSorted();
  const canonical = [
    'GET',
    path,
    text,
    names.map((name) => `${name}:${headers[name]}\n`).join(''),
    names.join(';'),
    EMPTY_SHA256,
  ].join('\n');
  const stringToSign = `ACS3-HMAC-SHA256\n${createHash('sha256').update(canonical).digest('hex')}`;
  const signature = createHmac('sha256', key.secret).update(stringToSign).digest('hex');
  const authorization = `ACS3-HMAC-SHA256 Credential=${key.id},SignedHeaders=${names.join(';')},Signature=${signature}`;
  const lines = [
    `GET ${path}?${text} HTTP/1.1`,
    ...names.map((name) => `${name}: ${headers[name]}`),
    'accept: application/json',
    `authorization: ${authorization}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}
