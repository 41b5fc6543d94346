import { createHmac, randomUUID } from 'node:crypto';
import type { Key } from '../../support/schedulerx-host.ts';

type Texts = Readonly<Record<string, string>>;

/** What came back over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/** Strict RFC 3986, as signers encode. */
export const encoded = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * A V1 request by hand: what is signed, and where each pair is sent.
 * @param format null = the request names none.
 */
export async function sendV1(
  { url, key }: { readonly url: string; readonly key: Key },
  method: 'GET' | 'POST',
  query: Texts,
  form: Texts | null,
  format: string | null = 'JSON',
): Promise<RawAnswer> {
  const system = {
    ...(format === null ? {} : { Format: format }),
    Version: '2019-04-30',
    AccessKeyId: key.id,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: randomUUID(),
    Timestamp: `${new Date().toISOString().slice(0, 19)}Z`,
  };
  const signed: Record<string, string> = { ...system, ...query, ...form };
  const canonical = Object.keys(signed)
    .toSorted()
    .map((name) => `${encoded(name)}=${encoded(signed[name] ?? '')}`)
    .join('&');
  const signature = createHmac('sha1', `${key.secret}&`)
    .update(`${method}&%2F&${encoded(canonical)}`)
    .digest('base64');
  const search = new URLSearchParams({ ...query, ...system, Signature: signature });
  const response = await fetch(`${url}/?${search}`, {
    method,
    ...(form === null ? {} : { body: new URLSearchParams(form) }),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text: await response.text(),
  };
}
