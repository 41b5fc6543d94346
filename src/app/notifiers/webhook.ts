import { DeliveryError } from '../../domain/alerts.ts';
import { AddressPolicy } from '../../executors/http/addresses.ts';
import { type Answer, statusWords } from '../../executors/http/answer.ts';
import { sendRequest } from '../../executors/http/request.ts';
import type { Notice, Notifier } from '../../ports/notifier.ts';

export interface WebhookOptions {
  /** Private addresses that may be called, as for jobs of type http. */
  readonly allow: 'any' | readonly string[];
  /** Longest time until the answer is read. */
  readonly timeoutMs: number;
}

/** Answers after which trying again may help, besides those of 500 and above. */
const passingStatuses: readonly number[] = [408, 425, 429];

/**
 * Tells by POST of JSON. The form is that of chat robots (`msgtype`, `text`, `at`: DingTalk, and
 * without `at` WeCom), with the facts for other programs under `alert`.
 * @throws Error naming the entry of `allow` that cannot be read.
 */
export function createWebhookNotifier({ allow, timeoutMs }: WebhookOptions): Notifier {
  const addresses = new AddressPolicy(allow);
  return {
    channel: 'webhook',
    async send(address, notice, signal) {
      if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
        throw new DeliveryError('the webhook is no http or https address', true);
      }
      const { hostname } = new URL(address);
      const problem = addresses.problem(hostname);
      if (problem !== null) throw new DeliveryError(problem, true);
      const late = AbortSignal.timeout(timeoutMs);
      let answer: Answer;
      try {
        answer = await sendRequest(
          { url: address, method: 'POST', body: bodyOf(notice), cookie: '' },
          {
            addresses,
            signal: AbortSignal.any([signal, late]),
            contentType: 'application/json; charset=utf-8',
            note: () => {},
          },
        );
      } catch (error) {
        const words = late.aborted ? `no answer within ${timeoutMs} ms` : (error as Error).message;
        throw new DeliveryError(`webhook at ${hostname}: ${words}`, false, { cause: error });
      }
      checkAnswer(hostname, answer);
    },
  };
}

function bodyOf({ subject, text, facts, atAll }: Notice): string {
  return JSON.stringify({
    msgtype: 'text',
    text: { content: `${subject}\n${text}` },
    at: { isAtAll: atAll },
    alert: { ...facts, subject },
  });
}

function checkAnswer(hostname: string, answer: Answer): void {
  const { status } = answer;
  if (status < 200 || status >= 300) {
    const permanent = status < 500 && !passingStatuses.includes(status);
    const words = [statusWords(answer), answer.note].filter((text) => text !== '').join('; ');
    throw new DeliveryError(`webhook at ${hostname}: ${words}`, permanent);
  }
  const code = robotError(answer.body);
  if (code !== null) throw new DeliveryError(`webhook at ${hostname}: ${code}`, false);
}

/** Robots answer 200 and say in `errcode` that they refused; null = they did not. */
function robotError(body: Buffer): string | null {
  try {
    const value = JSON.parse(body.toString('utf8')) as unknown;
    if (typeof value !== 'object' || value === null) return null;
    const { errcode = 0, errmsg = '' } = value as Readonly<Record<string, unknown>>;
    return errcode === 0 || errcode === '0'
      ? null
      : `errcode ${String(errcode)} ${String(errmsg)}`.slice(0, 200);
  } catch {
    return null;
  }
}
