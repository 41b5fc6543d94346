import type { ScheduleDefinition, Timing } from '../domain/schedule/definition.ts';

/** A schedule in a few words, e.g. `0 3 * * * (Europe/Berlin)`. */
export function scheduleWords({ timing, zone, calendars, misfire }: ScheduleDefinition): string {
  return [
    `${timingWords(timing)} (${zone})`,
    ...(calendars.length === 0
      ? []
      : [`calendars: ${calendars.map(({ name }) => name).join(', ')}`]),
    ...(misfire.policy === 'skip' ? [] : [`misfire: ${misfire.policy}`]),
  ].join(', ');
}

function timingWords(timing: Timing): string {
  switch (timing.kind) {
    case 'cron':
      return `${timing.expression}${timing.dialect === 'quartz' ? ' in Quartz' : ''}`;
    case 'calendar-steps':
      return `every ${timing.every === 1 ? timing.unit : `${timing.every} ${timing.unit}s`} from ${timing.fromLocal} on${
        timing.at.length === 0 ? '' : `, at ${timing.at.join(', ')}`
      }`;
    case 'fixed-rate':
      return `every ${timing.everyMs / 1000} s`;
    case 'fixed-delay':
      return `${timing.delayMs / 1000} s after the end of a run`;
    case 'one-time':
      return `once, at ${new Date(timing.atMs).toISOString()}`;
    case 'none':
      return 'never by time';
  }
}
