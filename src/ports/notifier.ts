import type { AlertChannel } from '../domain/alerts.ts';

/** Something that somebody is to be told. */
export interface Notice {
  /** One line. */
  readonly subject: string;
  /** Several lines, plain text. */
  readonly text: string;
  /** The same for programs, e.g. `kind`, `run`. */
  readonly facts: Readonly<Record<string, string>>;
  /** Whether everybody in a group is to be called upon, where the way knows groups. */
  readonly atAll: boolean;
}

/** A way to tell people something. */
export interface Notifier {
  readonly channel: AlertChannel;
  /**
   * Delivers once; resolves when the other side took it. Bounded in time.
   * @throws DeliveryError when it did not, or was aborted.
   */
  send(address: string, notice: Notice, signal: AbortSignal): Promise<void>;
}
