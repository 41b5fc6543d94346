import { DomainError } from '../../../domain/errors.ts';
import { TransferError } from '../../../domain/transfer/errors.ts';
import type { TransferFailure } from '../../../domain/transfer/report.ts';
import { maxMessageLength } from '../limits.ts';
import type { ClaimedChunk } from '../state/chunks.ts';

/** What went wrong, in the words of the domain. */
export interface Fault extends TransferFailure {
  readonly transient: boolean;
}

/** A failure and the piece of work that it is about; null = about none. */
export class ChunkFailure extends Error {
  readonly chunk: ClaimedChunk | null;

  constructor(chunk: ClaimedChunk | null, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'ChunkFailure';
    this.chunk = chunk;
  }
}

/** Tells any error as a failure of a data job; `table` names what it is about. */
export function faultOf(error: unknown, table: string | null): Fault {
  if (error instanceof ChunkFailure) {
    const inner = faultOf(error.cause, null);
    const place = error.chunk?.chunk.label ?? null;
    return { ...inner, message: oneLine(placed(inner.message, table, place)) };
  }
  if (error instanceof TransferError) {
    const { code, transient, message } = error;
    return { code, transient, message: oneLine(message), details: rest(message) };
  }
  if (error instanceof DomainError) {
    const { message } = error;
    return { code: 'invalid-definition', transient: false, message: oneLine(message), details: '' };
  }
  const message = error instanceof Error ? error.message : String(error);
  const full = hasCode(error, 'ENOSPC') || hasCode(error, 'SQLITE_FULL');
  return {
    code: full ? 'disk-full' : 'internal',
    transient: false,
    message: oneLine(full ? `the disk of the data folder is full: ${message}` : message),
    details: error instanceof Error ? (error.stack ?? '').slice(0, 4 * maxMessageLength) : '',
  };
}

/** Without what only the decision about it needs. */
export function failureOf({ code, message, details }: Fault): TransferFailure {
  return { code, message, details };
}

/** The message with where it happened in front of it, each part only if it is not told yet. */
function placed(message: string, table: string | null, place: string | null): string {
  // A file's table is its folder, which its path begins with.
  const within = table !== null && (place?.startsWith(table) ?? false);
  const tableLeft = table !== null && !within && !tells(message, table) ? table : null;
  const placeLeft = place !== null && !tells(message, place) ? place : null;
  const left = [tableLeft, placeLeft].filter((part) => part !== null);
  if (left.length === 0) return message;
  const goesOn = placeLeft === null && place !== null && message.startsWith(place);
  return `${left.join(', ')}${goesOn ? ', ' : ': '}${message}`;
}

/** Whether the words stand in a text as words of their own. */
function tells(text: string, words: string): boolean {
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    const before = text.charAt(at - 1);
    const behind = text.charAt(at + words.length);
    if (!wordPart.test(before) && !wordPart.test(behind)) return true;
  }
  return false;
}

const wordPart = /[\p{L}\p{N}_]/u;

function oneLine(text: string): string {
  const line = text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
  return line.length <= maxMessageLength ? line : `${line.slice(0, maxMessageLength - 1)}…`;
}

/** All of a message of several lines; empty when one line says it. */
function rest(message: string): string {
  return /[\r\n]/.test(message) ? message.slice(0, 4 * maxMessageLength) : '';
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
