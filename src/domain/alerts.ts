import type { RunDetail } from './run.ts';
import { findZone } from './schedule/zone.ts';
import { DAY_MS } from './schedule/wall-time.ts';

/** What somebody may want to be told about a run (schedulerx.md §5.12). */
export type AlertKind = 'failed' | 'timeout' | 'no-worker' | 'succeeded';

/** Ways to tell. `sms` and `phone` need a service that this platform is not. */
export type AlertChannel = 'mail' | 'webhook' | 'sms' | 'phone';

/** Whom to tell; an empty text = not by this way. */
export interface AlertContact {
  readonly name: string;
  readonly mail: string;
  /** URL. */
  readonly webhook: string;
  readonly phone: string;
}

/** After which failures an alert is due. */
export type FailureRule =
  /** After so many in a row, and again after so many more; 1 = after every one. */
  | { readonly kind: 'every'; readonly times: number }
  /** After the first, and after every one from so many in a row on. */
  | { readonly kind: 'first-and-from'; readonly from: number };

/** A time of day on some days of the week, by the clocks of a zone. */
export interface TimeRange {
  /** Milliseconds since midnight. */
  readonly fromMs: number;
  /** Not included. At or before `fromMs` = on the next day. */
  readonly toMs: number;
  /** 1 = Monday … 7 = Sunday: days on which the range begins. */
  readonly days: readonly number[];
}

/** When each channel may be used. */
export interface NotificationTimes {
  /** As `findZone` reads it; an unknown one counts as UTC. */
  readonly timezone: string;
  /** Of all channels, or by channel; a channel without an entry may be used at any time. */
  readonly ranges:
    | { readonly all: readonly TimeRange[] }
    | { readonly byChannel: Readonly<Partial<Record<AlertChannel, readonly TimeRange[]>>> };
}

/** What is to be told about the runs of a template, to whom, how and when. */
export interface AlertPlan {
  readonly failures: FailureRule | null;
  /** Whether a run that takes too long is told; how long that is the rules say beforehand. */
  readonly timeout: boolean;
  readonly noWorker: boolean;
  readonly success: boolean;
  readonly channels: readonly AlertChannel[];
  readonly contacts: readonly AlertContact[];
  /** Whether a webhook is to call upon everybody in its group. */
  readonly atAll: boolean;
  /** Null = at any time. */
  readonly times: NotificationTimes | null;
}

/** One way to one person. */
export interface AlertTarget {
  readonly channel: AlertChannel;
  /** Mail address or URL. */
  readonly address: string;
}

/** What a finished run is told as, before failures are counted; null = as nothing. Pure. */
export function endAlert(
  plan: AlertPlan,
  run: Pick<RunDetail, 'state' | 'stopCause'>,
  lacksWorker: boolean,
): AlertKind | null {
  if (run.state === 'succeeded') return plan.success ? 'succeeded' : null;
  // A person stopped it: nobody needs to be told.
  if (run.state !== 'failed') return null;
  if (plan.timeout && run.stopCause === 'timeout') return 'timeout';
  if (plan.noWorker && lacksWorker) return 'no-worker';
  return plan.failures === null ? null : 'failed';
}

/** Most ended runs that decide whether a failure is told. */
export function runsToCount(rule: FailureRule): number {
  return rule.kind === 'every' ? rule.times : Math.max(2, rule.from);
}

/**
 * Whether a failure is told. Pure.
 * @param failures the run in question and at least `runsToCount` before it, newest first, as far as
 *   there are so many ended ones of the template; true = failed.
 * @param untold how many of them are newer than the failure that was told last.
 */
export function failureIsDue(
  rule: FailureRule,
  failures: readonly boolean[],
  untold: number,
): boolean {
  if (rule.kind === 'every' && rule.times <= 1) return true;
  const succeeded = failures.indexOf(false);
  const inRow = succeeded < 0 ? failures.length : succeeded;
  if (rule.kind === 'every') return Math.min(inRow, untold) >= rule.times;
  return inRow === 1 || inRow >= rule.from;
}

/** Whether the channel may be used at that time. Pure. */
export function mayNotify(
  times: NotificationTimes | null,
  channel: AlertChannel,
  atMs: number,
): boolean {
  if (times === null) return true;
  const { ranges, timezone } = times;
  const own = 'all' in ranges ? ranges.all : ranges.byChannel[channel];
  if (own === undefined) return true;
  const offsetMs = findZone(timezone)?.segmentAt(atMs).offsetMs ?? 0;
  const wallMs = atMs + offsetMs;
  const day = Math.floor(wallMs / DAY_MS);
  const timeMs = wallMs - day * DAY_MS;
  return own.some(({ fromMs, toMs, days }) => {
    if (toMs > fromMs) return days.includes(weekday(day)) && timeMs >= fromMs && timeMs < toMs;
    const began = days.includes(weekday(day)) && timeMs >= fromMs;
    return began || (days.includes(weekday(day - 1)) && timeMs < toMs);
  });
}

/** Whom a plan reaches at that time, and the channels by which it reaches nobody. Pure. */
export function targetsOf(
  plan: AlertPlan,
  atMs: number,
): { readonly targets: readonly AlertTarget[]; readonly unused: readonly AlertChannel[] } {
  const open = [...new Set(plan.channels)].filter((one) => mayNotify(plan.times, one, atMs));
  const targets = new Map<string, AlertTarget>();
  const unused = open.filter((channel) => {
    if (channel === 'sms' || channel === 'phone') return true;
    const addresses = plan.contacts.map((contact) => contact[channel]).filter((one) => one !== '');
    for (const address of addresses) {
      targets.set(`${channel} ${address}`, { channel, address });
    }
    return addresses.length === 0;
  });
  return { targets: [...targets.values()], unused };
}

/** The moment in a zone as people read it: `2026-01-31 08:00:00 GMT+8`. Pure. */
export function localTime(atMs: number, timezone: string): string {
  const offsetMs = findZone(timezone)?.segmentAt(atMs).offsetMs;
  const text = new Date(atMs + (offsetMs ?? 0)).toISOString().slice(0, 19).replace('T', ' ');
  return `${text} ${offsetMs === undefined ? 'UTC' : timezone}`;
}

/** 1 January 1970 was a Thursday. */
function weekday(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

/** A notice that did not get through. */
export class DeliveryError extends Error {
  /** Whether trying again is of no use. */
  readonly permanent: boolean;

  constructor(message: string, permanent: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DeliveryError';
    this.permanent = permanent;
  }
}
