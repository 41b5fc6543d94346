/**
 * Wall times of calendar steps (cdm.md §5.12). The wall is cut into units: hours, days, weeks that
 * begin on Monday, months. Every n-th of them, counted from the one that holds the start, has its
 * times; they are sorted, and all lie before those of the next one.
 */
import { scheduleLimits, type CalendarSteps } from './definition.ts';
import {
  DAY_MS,
  HOUR_MS,
  MINUTE_MS,
  daysInMonth,
  parseLocal,
  startOfDay,
  weekdayOf,
} from './wall-time.ts';
import type { WallTimes } from './wall-in-zone.ts';

/** One way of cutting the wall. */
interface Steps {
  /** The step that holds a wall time; the one before it where it lies between two. */
  indexOf(wall: number): number;
  /** The times of a step, sorted. */
  timesOf(index: number): readonly number[];
}

const WEEK_MS = 7 * DAY_MS;

/** The wall times of a checked timing. @throws Error when its start is no local time. */
export function calendarStepTimes(timing: CalendarSteps): WallTimes {
  const from = parseLocal(timing.fromLocal);
  if (from === null) throw new Error(`a stored schedule starts at "${timing.fromLocal}"`);
  const steps = stepsOf(timing, from);
  const last = steps.indexOf(scheduleLimits.horizonMs + DAY_MS);
  return {
    next(afterWall) {
      const after = Math.max(afterWall, from - 1);
      for (let index = steps.indexOf(after); index <= last; index++) {
        const found = steps.timesOf(index).find((time) => time > after);
        if (found !== undefined) return found;
      }
      return null;
    },
    previous(beforeWall) {
      const start = Math.min(steps.indexOf(beforeWall), last);
      for (let index = start; index >= 0; index--) {
        const found = steps.timesOf(index).findLast((time) => time < beforeWall);
        if (found !== undefined) return found < from ? null : found;
      }
      return null;
    },
    // As with cron: every hour means an interval, which must not pause while clocks change.
    elapsed: timing.unit === 'hour' && timing.every === 1,
    rule: 'calendar-steps',
    reason: `every ${timing.every === 1 ? timing.unit : `${timing.every} ${timing.unit}s`} from ${timing.fromLocal} on`,
  };
}

function stepsOf({ unit, every, at }: CalendarSteps, from: number): Steps {
  const timeOfDay = from - startOfDay(from);
  switch (unit) {
    case 'hour': {
      const hour = Math.floor(from / HOUR_MS) * HOUR_MS;
      const second = from % MINUTE_MS;
      const minutes = at.length === 0 ? [Math.floor((from - hour) / MINUTE_MS)] : at;
      const offsets = minutes.map((minute) => minute * MINUTE_MS + second);
      return equalSteps(hour, every * HOUR_MS, offsets);
    }
    case 'day':
      return equalSteps(startOfDay(from), every * DAY_MS, [timeOfDay]);
    case 'week': {
      const monday = startOfDay(from) - sinceMonday(weekdayOf(from)) * DAY_MS;
      const weekdays = at.length === 0 ? [weekdayOf(from)] : at;
      const offsets = weekdays.map((weekday) => sinceMonday(weekday) * DAY_MS + timeOfDay);
      return equalSteps(monday, every * WEEK_MS, offsets);
    }
    case 'month':
      return monthSteps(from, every, at, timeOfDay);
  }
}

function equalSteps(first: number, length: number, offsets: readonly number[]): Steps {
  const sorted = sortedOnce(offsets);
  return {
    indexOf: (wall) => Math.floor((wall - first) / length),
    timesOf: (index) => sorted.map((offset) => first + index * length + offset),
  };
}

function monthSteps(from: number, every: number, at: readonly number[], timeOfDay: number): Steps {
  const first = monthOf(from);
  const days = sortedOnce(at.length === 0 ? [new Date(from).getUTCDate()] : at);
  return {
    indexOf: (wall) => Math.floor((monthOf(wall) - first) / every),
    timesOf(index) {
      const month = first + index * every;
      const year = Math.floor(month / 12);
      const length = daysInMonth(year, (month % 12) + 1);
      return days
        .filter((day) => day <= length)
        .map((day) => Date.UTC(year, month % 12, day) + timeOfDay);
    },
  };
}

/** Months since the year 0. */
function monthOf(wall: number): number {
  const date = new Date(wall);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

function sinceMonday(weekday: number): number {
  return (weekday + 6) % 7;
}

function sortedOnce(values: readonly number[]): readonly number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
