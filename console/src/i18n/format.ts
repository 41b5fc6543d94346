import { useMemo } from 'react';
import { type Language, language, locales } from './language.ts';

/** Numbers, times and sizes as the language writes them. */
export interface Format {
  number(value: number): string;
  /** Of a share between 0 and 1: 0.985 → 98.5 %. */
  percent(share: number): string;
  /** With a unit of 1,024: 1.5 MiB. */
  bytes(count: number): string;
  /** Short: 420 ms, 3.2 s, 4 min 10 s, 2 h 5 min, 3 d 4 h. */
  duration(ms: number): string;
  /** Date and time to the second, in the zone (IANA name; absent = the browser's). */
  dateTime(timeMs: number, zone?: string): string;
  date(timeMs: number, zone?: string): string;
  time(timeMs: number, zone?: string): string;
  /** Seen from `nowMs`: 3 min ago, in 2 h. */
  relative(timeMs: number, nowMs: number): string;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** The formats of the language that is shown. */
export function useFormat(): Format {
  const shown = language.use();
  return useMemo(() => formatOf(shown), [shown]);
}

/** The formats of a language. Making Intl objects is slow; each is made once. */
export function formatOf(shown: Language): Format {
  const known = formats.get(shown);
  if (known !== undefined) return known;
  const made = createFormat(locales[shown]);
  formats.set(shown, made);
  return made;
}

const formats = new Map<Language, Format>();

function createFormat(locale: string): Format {
  const number = new Intl.NumberFormat(locale);
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
  const short = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  const zoned = new Map<string, Intl.DateTimeFormat>();
  const day = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const clock = {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  } as const;
  const format = (
    kind: string,
    options: Intl.DateTimeFormatOptions,
    timeMs: number,
    zone: string | undefined,
  ): string => {
    const key = `${kind} ${zone ?? ''}`;
    let made = zoned.get(key);
    if (made === undefined) {
      made = new Intl.DateTimeFormat(locale === 'en' ? 'sv-SE' : locale, {
        ...options,
        ...(zone === undefined ? {} : { timeZone: zone }),
      });
      zoned.set(key, made);
    }
    return made.format(timeMs);
  };
  const unit = (value: number, name: 'd' | 'h' | 'min' | 's' | 'ms'): string =>
    `${short.format(value)} ${unitNames[locale === 'en' ? 'en' : 'zh'][name]}`;
  const two = (
    ms: number,
    large: number,
    largeName: 'd' | 'h' | 'min',
    small: number,
    smallName: 'h' | 'min' | 's',
  ): string => {
    const rest = Math.floor((ms % large) / small);
    const head = unit(Math.floor(ms / large), largeName);
    return rest === 0 ? head : `${head} ${unit(rest, smallName)}`;
  };
  return {
    number: (value) => number.format(value),
    percent: (share) => percent.format(share),
    bytes(count) {
      let value = count;
      let step = 0;
      while (value >= 1024 && step < byteUnits.length - 1) {
        value /= 1024;
        step += 1;
      }
      return `${short.format(value)} ${byteUnits[step] ?? ''}`;
    },
    duration(ms) {
      const whole = Math.max(0, ms);
      if (whole < 1_000) return unit(Math.round(whole), 'ms');
      if (whole < minuteMs) return unit(whole / 1_000, 's');
      if (whole < hourMs) return two(whole, minuteMs, 'min', 1_000, 's');
      if (whole < dayMs) return two(whole, hourMs, 'h', minuteMs, 'min');
      return two(whole, dayMs, 'd', hourMs, 'h');
    },
    dateTime: (timeMs, zone) => format('dateTime', { ...day, ...clock }, timeMs, zone),
    date: (timeMs, zone) => format('date', day, timeMs, zone),
    time: (timeMs, zone) => format('time', clock, timeMs, zone),
    relative(timeMs, nowMs) {
      const aheadMs = timeMs - nowMs;
      const size = Math.abs(aheadMs);
      if (size < minuteMs) return relative.format(Math.round(aheadMs / 1_000), 'second');
      if (size < hourMs) return relative.format(Math.round(aheadMs / minuteMs), 'minute');
      if (size < dayMs) return relative.format(Math.round(aheadMs / hourMs), 'hour');
      return relative.format(Math.round(aheadMs / dayMs), 'day');
    },
  };
}

const unitNames = {
  en: { d: 'd', h: 'h', min: 'min', s: 's', ms: 'ms' },
  zh: { d: '天', h: '小时', min: '分', s: '秒', ms: '毫秒' },
} as const;
