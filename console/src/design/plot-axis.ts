import type { Format } from '../i18n/format.ts';

const minuteS = 60;
const dayS = 86_400;
/** Digits of a second that are ever written. */
const maxDigits = 3;

/**
 * Labels of a time axis, as fine as the steps between them, so that no two neighbours read the
 * same: dates, minutes, seconds, or parts of a second.
 * @param timesS seconds since the epoch
 * @param stepS seconds between two of them
 */
export function timeLabels(
  timesS: readonly number[],
  stepS: number,
  format: Pick<Format, 'date' | 'time'>,
): string[] {
  const digits = stepS >= 1 ? 0 : Math.min(maxDigits, Math.ceil(-Math.log10(stepS)));
  return timesS.map((timeS) => {
    // Steps below a second are sums of fractions: 12:00:00.999… is 12:00:01.
    const timeMs = Math.round(timeS * 1_000);
    if (stepS >= dayS) return format.date(timeMs).slice(5);
    const time = format.time(timeMs);
    if (stepS >= minuteS) return time.slice(0, 5);
    if (digits === 0) return time;
    return `${time}.${String(timeMs % 1_000)
      .padStart(3, '0')
      .slice(0, digits)}`;
  });
}
