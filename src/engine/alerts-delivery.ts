import { type AlertChannel, type AlertTarget, DeliveryError } from '../domain/alerts.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Notice, Notifier } from '../ports/notifier.ts';
import type { EngineLog } from './runtime.ts';

/** Notices on the wire at the same time. */
const MAX_SENDING = 8;

interface DeliveryOptions {
  readonly notifiers: readonly Notifier[];
  /** Waits between tries; one try more than there are waits. */
  readonly retryDelaysMs: readonly number[];
  readonly clock: Clock;
  readonly log: EngineLog;
}

/** Brings notices to people: with a bound on tries, and on those under way at the same time. */
export class AlertDelivery {
  readonly #options: DeliveryOptions;
  readonly #notifiers: ReadonlyMap<AlertChannel, Notifier>;
  readonly #ending = new AbortController();
  readonly #timers = new Map<Timer, () => void>();
  readonly #turns: (() => void)[] = [];
  #sending = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#notifiers = new Map(options.notifiers.map((one) => [one.channel, one]));
  }

  /**
   * Resolves when every target was reached or given up, which is logged; never throws.
   * @returns false when the end of the server came before that.
   */
  async deliver(targets: readonly AlertTarget[], notice: Notice): Promise<boolean> {
    await Promise.all(targets.map((target) => this.#deliver(target, notice)));
    return !this.#ending.signal.aborted;
  }

  /** Nothing more is sent; what waits or is under way is left. */
  stop(): void {
    this.#ending.abort(new Error('the server is closing'));
    for (const [timer, wake] of this.#timers) {
      timer.cancel();
      wake();
    }
    this.#timers.clear();
    for (const turn of this.#turns.splice(0)) turn();
  }

  async #deliver({ channel, address }: AlertTarget, notice: Notice): Promise<void> {
    const { retryDelaysMs, log } = this.#options;
    const about = { channel, run: notice.facts['run'], kind: notice.facts['kind'] };
    const notifier = this.#notifiers.get(channel);
    if (notifier === undefined) {
      log.warn(about, 'an alert was not delivered: this server has no way to tell by this channel');
      return;
    }
    for (let tries = 1; !this.#ending.signal.aborted; tries += 1) {
      const error = await this.#try(notifier, address, notice);
      if (error === null || this.#ending.signal.aborted) return;
      const delayMs = retryDelaysMs[tries - 1];
      const isLast = delayMs === undefined || (error instanceof DeliveryError && error.permanent);
      const fields = { ...about, tries, reason: error.message };
      if (isLast) {
        log.error(fields, 'an alert was not delivered');
        return;
      }
      log.warn({ ...fields, delayMs }, 'an alert was not delivered; trying again');
      await this.#pause(delayMs);
    }
  }

  async #try(notifier: Notifier, address: string, notice: Notice): Promise<Error | null> {
    if (this.#sending >= MAX_SENDING) {
      await new Promise<void>((resolve) => {
        this.#turns.push(resolve);
      });
    }
    const { signal } = this.#ending;
    if (signal.aborted) return null;
    this.#sending += 1;
    try {
      await notifier.send(address, notice, signal);
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      this.#sending -= 1;
      this.#turns.shift()?.();
    }
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(delayMs, () => {
        this.#timers.delete(timer);
        resolve();
      });
      this.#timers.set(timer, resolve);
    });
  }
}
