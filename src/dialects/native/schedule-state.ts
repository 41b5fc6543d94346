import type { ScheduleDefinition } from '../../domain/schedule/definition.ts';
import { nextFire } from '../../domain/schedule/firings.ts';
import { openSchedule } from '../../domain/schedule/parse.ts';
import type { Engine } from '../../engine/index.ts';
import type { TemplateView } from './views/template.ts';

/** Where a schedule stands, as the engine tells it. */
type State = Awaited<ReturnType<Engine['templates']['schedule']>>;

/** When a schedule fires next, and why it does not when it does not. */
export interface NextFiring {
  readonly nextFiringAtMs: number | null;
  /** Empty when there is a next firing. */
  readonly note: string;
}

/**
 * The time from which on the domain's searches find what the engine decides next. A fixed delay
 * counts from the end of a run, so that is put where it leads to the time that the engine knows.
 */
export function searchFromMs({ timing }: ScheduleDefinition, state: State, nowMs: number): number {
  const nextAtMs = state?.nextAtMs ?? null;
  if (nextAtMs === null) return nowMs;
  return timing.kind === 'fixed-delay' ? nextAtMs - timing.delayMs : nextAtMs - 1;
}

/** The next time that really fires: the engine's next may be one that a calendar drops. */
export function nextFiringOf(definition: ScheduleDefinition, state: State): NextFiring {
  if (state === null) return { nextFiringAtMs: null, note: 'the template has no schedule' };
  const { nextAtMs, note } = state;
  if (nextAtMs === null) return { nextFiringAtMs: null, note };
  const next = nextFire(openSchedule(definition), searchFromMs(definition, state, nextAtMs));
  return next.kind === 'next'
    ? { nextFiringAtMs: next.occurrence.nominalMs, note: '' }
    : { nextFiringAtMs: null, note: next.reason };
}

/** The view of a single template, with its next firing. */
export async function withNextFiring(engine: Engine, view: TemplateView): Promise<TemplateView> {
  if (view.schedule === null) return { ...view, nextFiringAtMs: null, scheduleNote: '' };
  const state = await engine.templates.schedule(view.id);
  const { nextFiringAtMs, note } = nextFiringOf(view.schedule, state);
  return { ...view, nextFiringAtMs, scheduleNote: note };
}
