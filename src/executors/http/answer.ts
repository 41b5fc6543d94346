import type { HttpArtifact } from '../../domain/template.ts';
import { maxAnswerBytes, maxQuotedChars, maxResultBytes } from './limits.ts';

/** What a server answered. */
export interface Answer {
  readonly status: number;
  /** The server's own words for the status; may be empty. */
  readonly statusText: string;
  /** `Content-Type`, or empty. */
  readonly contentType: string;
  /** The beginning, at most `maxAnswerBytes`. */
  readonly body: Buffer;
  /** Whether that is all of it. */
  readonly complete: boolean;
  /** What the reader of a failure should know, e.g. a redirect that was not followed; '' usually. */
  readonly note: string;
}

/** Why the answer is not the success that the job asks for, in words; null when it is. Pure. */
export function answerProblem(success: HttpArtifact['success'], answer: Answer): string | null {
  const problem = problemOf(success, answer);
  if (problem === null) return null;
  const words = [statusWords(answer), problem, answer.note].filter((text) => text !== '');
  return words.join('; ');
}

/** The status as people write it: `404 Not Found`. */
export function statusWords({ status, statusText }: Answer): string {
  return `answered ${status} ${quoted(statusText)}`.trimEnd();
}

/** The beginning of the answer that is kept as the attempt's result. */
export function resultOf(answer: Answer): string {
  const text = textOf(answer);
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(maxResultBytes));
  return text.slice(0, read);
}

function problemOf(success: HttpArtifact['success'], answer: Answer): string | null {
  // The status itself says all there is to say.
  if (success.kind === 'status') return answer.status >= 200 && answer.status < 300 ? null : '';
  if (!answer.complete) return `the answer is longer than ${maxAnswerBytes} bytes`;
  const text = textOf(answer).trim();
  if (success.kind === 'body') {
    return text === success.value.trim()
      ? null
      : `the answer is ${JSON.stringify(quoted(text))} instead of ${JSON.stringify(quoted(success.value))}`;
  }
  const { name, value } = success;
  const seen = memberOf(text, name);
  if (seen === value) return null;
  if (seen === null) return `the answer is no JSON object with the member ${JSON.stringify(name)}`;
  return `the member ${JSON.stringify(name)} of the answer is ${quoted(seen)} instead of ${quoted(value)}`;
}

/** The member as text: strings as they are, everything else as JSON; null when there is none. */
function memberOf(text: string, name: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return null;
    const member = (value as Readonly<Record<string, unknown>>)[name];
    return typeof member === 'string' ? member : JSON.stringify(member);
  } catch {
    return null;
  }
}

/** In the character set that the server names, else UTF-8. */
function textOf({ contentType, body }: Answer): string {
  const charset = /;\s*charset="?([^";\s]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(body);
  } catch {
    return new TextDecoder().decode(body);
  }
}

function quoted(text: string): string {
  return text.length <= maxQuotedChars ? text : `${text.slice(0, maxQuotedChars)}…`;
}
