import type { IncomingMessage } from 'node:http';
import { WireError } from '../../aliyun/errors.ts';

/** Largest body of a webhook request when jobs do not see it. */
const maxIgnoredBytes = 1024 * 1024;

/** Largest body that is handed to a job (sae.md §7.2 U16). */
export const maxEventDataBytes = 32 * 1024;

/** Most bytes of a refused body that are read, so that its sender gets to read the answer. */
const maxDroppedBytes = 8 * 1024 * 1024;

/**
 * Reads a body to its end and gives it as the value of an environment variable; null when it is
 * not wanted or empty. How long the caller may take is the HTTP host's matter.
 * @throws WireError 413 when it is too large, 400 when it ends early or is no text that a
 *   variable can hold.
 */
export async function readEventData(
  message: IncomingMessage,
  wanted: boolean,
): Promise<string | null> {
  const limit = wanted ? maxEventDataBytes : maxIgnoredBytes;
  const kept: Buffer[] = [];
  let bytes = 0;
  try {
    const chunks: AsyncIterable<Buffer> = message.iterator({ destroyOnReturn: false });
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (wanted && bytes <= limit) kept.push(chunk);
      if (bytes > maxDroppedBytes) break;
    }
  } catch {
    throw new WireError(400, 'Webhook.BadRequest', 'The request body ended early.');
  }
  if (bytes > limit) {
    throw new WireError(
      413,
      'Webhook.BodyTooLarge',
      `The request body is larger than ${limit} bytes.`,
    );
  }
  return bytes === 0 || !wanted ? null : variableText(Buffer.concat(kept));
}

function variableText(body: Buffer): string {
  let text: string | undefined;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    // Told below.
  }
  if (text !== undefined && !text.includes('\0')) return text;
  throw new WireError(
    400,
    'Webhook.BadRequest',
    'The request body must be UTF-8 text without NUL, since jobs find it in a variable.',
  );
}
