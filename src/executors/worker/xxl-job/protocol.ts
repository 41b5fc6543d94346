import { maxCallbacks } from './limits.ts';

/** Codes of replies and results (workers.md §1.2). */
export const codes = { success: 200, failure: 500, timeout: 502 } as const;

/** Headers of both directions (workers.md §1.2). */
export const headers = { token: 'xxl-job-access-token', appName: 'xxl-job-appname' } as const;

/** What an executor sends to `registry` and `registryRemove`. */
export interface RegistryRequest {
  /** Name of the group. */
  readonly key: string;
  /** Address of the executor as it gives it. */
  readonly value: string;
}

/** How one dispatch ended, as the executor tells it. */
export interface Callback {
  readonly logId: number;
  readonly code: number;
  readonly message: string;
}

/** An answer of either side. */
export interface Reply {
  readonly code: number;
  readonly message: string;
  readonly data: unknown;
}

/** A page of an executor's log. Lines count from 1. */
export interface LogPage {
  readonly toLine: number;
  readonly content: string;
  /** Only true when there is no such file: at its end too it is false (workers.md §1.4). */
  readonly missing: boolean;
}

/** Null when it is not a registration of an executor. */
export function readRegistry(body: unknown): RegistryRequest | null {
  if (!isObject(body) || body['registryGroup'] !== 'EXECUTOR') return null;
  const { registryKey: key, registryValue: value } = body;
  if (typeof key !== 'string' || typeof value !== 'string') return null;
  return key.trim() === '' || value.trim() === '' ? null : { key: key.trim(), value: value.trim() };
}

/**
 * Reads a callback in any of its three shapes (workers.md §1.3): an array of items, older items
 * with `executeResult`, or wrapped in `callbackList`. `unreadable` counts items that are none.
 * Null when the body has none of these shapes.
 */
export function readCallbacks(
  body: unknown,
): { readonly items: readonly Callback[]; readonly unreadable: number } | null {
  const list = isObject(body) ? body['callbackList'] : body;
  if (!Array.isArray(list)) return null;
  const seen = (list as readonly unknown[]).slice(0, maxCallbacks);
  const items = seen.map(readCallback).filter((item) => item !== null);
  return { items, unreadable: list.length - items.length };
}

function readCallback(item: unknown): Callback | null {
  if (!isObject(item)) return null;
  const logId = readInteger(item['logId']);
  if (logId === null || logId < 0) return null;
  const older = isObject(item['executeResult']) ? item['executeResult'] : {};
  const code = readInteger(item['handleCode']) ?? readInteger(older['code']);
  if (code === null) return null;
  const message = readText(item['handleMsg']) ?? readText(older['msg']) ?? '';
  return { logId, code, message };
}

/** @throws SyntaxError when the text is no reply. */
export function readReply(text: string): Reply {
  const body = JSON.parse(text) as unknown;
  const code = isObject(body) ? readInteger(body['code']) : null;
  if (!isObject(body) || code === null) throw new SyntaxError('the answer has no code');
  // 3.3.0 renamed `content` to `data`.
  const data = body['data'] ?? body['content'] ?? null;
  return { code, message: readText(body['msg']) ?? '', data };
}

/** Null when it is no page. */
export function readLogPage(data: unknown): LogPage | null {
  if (!isObject(data)) return null;
  const toLine = readInteger(data['toLineNum']);
  if (toLine === null) return null;
  const missing = data['isEnd'] === true && toLine === 0;
  return { toLine, content: readText(data['logContent']) ?? '', missing };
}

/** A reply that executors of all versions read: the value stands under both names. */
export function replyBody(code: number, message: string): string {
  const value = code === codes.success ? 'success' : null;
  return JSON.stringify({
    code,
    msg: message === '' ? null : message,
    content: value,
    data: value,
  });
}

/** The text cut to a number of bytes of UTF-8, without half a character at its end. */
export function cutToBytes(text: string, maxBytes: number): string {
  // A character has at least one byte, so what lies beyond need not be encoded.
  const bytes = Buffer.from(text.slice(0, maxBytes));
  if (bytes.length <= maxBytes) return text.length <= maxBytes ? text : bytes.toString('utf8');
  return new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readInteger(value: unknown): number | null {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : null;
}

function readText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
