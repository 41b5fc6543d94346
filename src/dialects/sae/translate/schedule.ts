import { scheduleDefaults, type ScheduleDefinition } from '../../../domain/schedule/definition.ts';
import type { TriggerConfig } from '../values/trigger-config.ts';

/**
 * The schedule of a timer (sae.md §4.3.8, §7.2 U17 and U18); null for any other trigger. What was
 * missed is not made up for, local times that a change of the clocks skips do not fire, doubled
 * ones fire once. `timezone`: the template's, for timers that name none.
 */
export function scheduleOf(
  trigger: TriggerConfig | null,
  timezone: string,
): ScheduleDefinition | null {
  if (trigger?.kind !== 'time') return null;
  return {
    ...scheduleDefaults,
    timing: { kind: 'cron', expression: trigger.cron, dialect: 'unix' },
    zone: trigger.timezone ?? timezone,
    dst: { skipped: 'skip', doubled: 'first' },
    misfire: { policy: 'skip' },
  };
}
