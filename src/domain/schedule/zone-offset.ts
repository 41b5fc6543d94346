import { SECOND_MS } from './wall-time.ts';

/**
 * A function from a time to wall time minus UTC in an IANA zone, by the runtime's zone data.
 * Right to the second, from 1970 on. @throws RangeError when the runtime knows no such zone.
 */
export function formatterOffset(zone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return (ms) => {
    // "03/29/2026, 03:00:00": one text is three times as fast as its parts.
    const text = format.format(ms);
    const match = /^(\d\d)\/(\d\d)\/(\d{4}), (\d\d):(\d\d):(\d\d)$/.exec(text);
    if (match === null) throw new Error(`the runtime wrote a time of ${zone} as "${text}"`);
    const [, month, day, year, hour, minute, second] = match.map(Number);
    const wallMs = Date.UTC(
      year ?? NaN,
      (month ?? NaN) - 1,
      day ?? NaN,
      hour ?? NaN,
      minute ?? NaN,
      second ?? NaN,
    );
    return wallMs - Math.floor(ms / SECOND_MS) * SECOND_MS;
  };
}
