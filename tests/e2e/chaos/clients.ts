import { setTimeout as pause } from 'node:timers/promises';
import { exec, refusal } from '../../support/sae.ts';
import { within } from '../../support/until.ts';
import { Random } from '../../simulation/random.ts';
import type { JobTemplate } from './jobs.ts';
import type { Machine } from './machine.ts';

/** Programs that submit at the same time. */
const clientCount = 6;
/** Between two submissions of one client. */
const restMs = 300;
/** How long a client waits for an answer before it asks again with the same key. */
const answerMs = 1_500;
/** Between two tries of the same key. */
const retryRestMs = 120;
/** How long a client keeps trying one key. */
const giveUpMs = 60_000;
/** Chance that an answered key is sent again, as a client does that lost the answer. */
const repeatChance = 0.15;

/** One wish of a client: whatever happens, one run. */
export interface Submission {
  readonly key: string;
  readonly template: JobTemplate;
  /** Ids that were answered for it, late answers included; there must be one. */
  readonly runIds: Set<string>;
  tries: number;
}

/**
 * Signed clients that submit runs at a bounded rate under idempotency keys, and send the same key
 * again after any error and any timeout until it is answered.
 */
export class Clients {
  readonly submissions: Submission[] = [];
  /** Answers by code, for the summary: `ok`, `timeout`, and error codes. */
  readonly answers = new Map<string, number>();
  /** Answers that no fault excuses. */
  readonly violations: string[] = [];
  readonly #machines: readonly Machine[];
  readonly #templates: readonly JobTemplate[];
  readonly #seed: number;
  readonly #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #abandoned = false;

  constructor(machines: readonly Machine[], templates: readonly JobTemplate[], seed: number) {
    this.#machines = machines;
    this.#templates = templates;
    this.#seed = seed;
  }

  start(): void {
    const clients = Array.from({ length: clientCount }, (_, n) => this.#submitForEver(n));
    this.#running = Promise.all(clients);
    // Heard of at `stop`.
    this.#running.catch(() => undefined);
  }

  /** Submits nothing new; resolves when every key that was sent has its answer. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await within('every client has its answers', this.#running, giveUpMs + answerMs);
  }

  /** Submits nothing more and waits for nothing: a test that failed ends. */
  abandon(): void {
    this.#stopping.abort();
    this.#abandoned = true;
  }

  async #submitForEver(client: number): Promise<void> {
    const random = new Random(this.#seed * clientCount + client);
    while (!this.#stopping.signal.aborted) {
      const submission: Submission = {
        key: `chaos-${client}-${this.submissions.length}`,
        template: random.pick(this.#templates),
        runIds: new Set(),
        tries: 0,
      };
      this.submissions.push(submission);
      await this.#untilAnswered(submission, random);
      if (random.chance(repeatChance)) await this.#untilAnswered(submission, random);
      await pause(random.int(restMs / 2, restMs * 1.5));
    }
  }

  async #untilAnswered(submission: Submission, random: Random): Promise<void> {
    const giveUpAtMs = performance.now() + giveUpMs;
    while (performance.now() < giveUpAtMs && !this.#abandoned) {
      if (await this.#tryOnce(submission, random.pick(this.#machines))) return;
      await pause(retryRestMs);
    }
    this.violations.push(`${submission.key} was never accepted in ${giveUpMs} ms`);
  }

  async #tryOnce(submission: Submission, machine: Machine): Promise<boolean> {
    const { sae } = machine;
    if (sae === null) return false;
    submission.tries += 1;
    const { template, key, runIds } = submission;
    const answer = exec(sae, template.appId, { EventId: key }).then((runId) => runIds.add(runId));
    try {
      // A late answer still counts: its run must be the same one.
      await within('an answer', answer, answerMs);
      this.#count('ok');
      return true;
    } catch (error) {
      await this.#judge(submission, error);
      return false;
    }
  }

  /** Lost connections, timeouts and 5xx are what faults look like; a 4xx is a wrong refusal. */
  async #judge(submission: Submission, error: unknown): Promise<void> {
    if (error instanceof Error && error.message.startsWith('did not happen')) {
      return this.#count('timeout');
    }
    const { code, status, message } = await refusal(Promise.reject(error)).catch(() => ({
      code: String(error),
      status: 0,
      message: '',
    }));
    this.#count(code);
    if (status >= 400 && status < 500) {
      this.violations.push(`${submission.key} was refused: ${status} ${code} ${message}`);
    }
  }

  #count(code: string): void {
    this.answers.set(code, (this.answers.get(code) ?? 0) + 1);
  }
}
