import { type ScheduleRecord, type TemplateRecord, type Violate } from './records.ts';

/** Most nominal times that are walked for one move of a schedule. */
const MAX_WALKED = 20_000;

/**
 * Nominal times of the simple kinds of schedules in [fromMs, toMs), found by trying: nothing of
 * the product's arithmetic is asked. Null for kinds that depend on what runs.
 */
export function expectedTimes(
  schedule: ScheduleRecord,
  fromMs: number,
  toMs: number,
): readonly number[] | null {
  const { timing, endAtMs, startAtMs } = schedule.definition;
  const inside = (at: number): boolean =>
    at >= fromMs && at < toMs && at >= (startAtMs ?? at) && at <= (endAtMs ?? at);
  if (timing.kind === 'one-time') return inside(timing.atMs) ? [timing.atMs] : [];
  let stepMs: number;
  let atMs: number;
  if (timing.kind === 'fixed-rate') {
    stepMs = timing.everyMs;
    atMs = timing.anchorMs;
    if (atMs < fromMs) atMs += Math.ceil((fromMs - atMs) / stepMs) * stepMs;
  } else if (timing.kind === 'cron') {
    // `*/N * * * * *` and `* * * * *`: whole seconds whose number in the minute N divides.
    const everySecond = /^\*\/(\d+) \* \* \* \* \*$/.exec(timing.expression);
    const modulus = everySecond === null ? 60 : Number(everySecond[1]);
    const times: number[] = [];
    atMs = Math.ceil(fromMs / 1_000) * 1_000;
    for (let walked = 0; atMs < toMs && walked < MAX_WALKED; atMs += 1_000, walked += 1) {
      if ((Math.floor(atMs / 1_000) % 60) % modulus === 0 && inside(atMs)) times.push(atMs);
    }
    return times;
  } else {
    return null;
  }
  const times: number[] = [];
  for (; atMs < toMs && times.length < MAX_WALKED; atMs += stepMs) {
    if (inside(atMs)) times.push(atMs);
  }
  return times;
}

/** Rules on what a commit did to the schedules it touched. */
export class ScheduleRules {
  readonly #violate: Violate;
  readonly #moves: { template: TemplateRecord; before: ScheduleRecord }[] = [];
  readonly #touched = new Set<TemplateRecord>();

  constructor(violate: Violate) {
    this.#violate = violate;
  }

  /** A schedule's row changed; judged when the commit is complete. */
  moves(template: TemplateRecord, before: ScheduleRecord | null): void {
    this.#touched.add(template);
    if (before !== null) this.#moves.push({ template, before });
  }

  /** The commit is complete: what a schedule moved past must be in the ledger. */
  committed(): void {
    for (const { template, before } of this.#moves.splice(0)) this.#passed(template, before);
    for (const template of this.#touched) this.#waits(template);
    this.#touched.clear();
  }

  /** Each nominal time from the old next one to the new next one has its line. */
  #passed(template: TemplateRecord, before: ScheduleRecord): void {
    const after = template.schedule;
    if (after === null || after.text !== before.text || before.nextMs === null) return;
    if (template.deleted || after.nextMs === before.nextMs) return;
    const toMs = after.nextMs ?? (after.lastMs ?? before.nextMs) + 1;
    if (toMs < before.nextMs) {
      this.#violate('firing', `${template.id} went back from ${before.nextMs} to ${toMs}`);
    }
    const fromMs = Math.max(before.nextMs, before.sinceMs + 1);
    for (const atMs of expectedTimes(before, fromMs, toMs) ?? []) {
      if (covered(template, atMs)) continue;
      this.#violate('firing', `${template.id} moved past ${atMs} and left no line about it`);
    }
  }

  /** A fixed delay without a next time waits for a run that exists. */
  #waits(template: TemplateRecord): void {
    const { schedule } = template;
    if (schedule === null || schedule.delayMs === null || schedule.nextMs !== null) return;
    const runs = [...template.runs];
    const unfinished = runs.some(
      (run) => run.scheduledAtMs !== null && ['queued', 'running', 'stopping'].includes(run.state),
    );
    if (!unfinished) {
      this.#violate('firing', `${template.id} waits for the end of a run, and none is unfinished`);
    }
  }

  /** With every server well, nothing that was due by `nowMs` may still be waiting. */
  overdue(templates: Iterable<TemplateRecord>, nowMs: number): readonly string[] {
    const late: string[] = [];
    for (const { id, schedule, deleted } of templates) {
      if (schedule === null || deleted || schedule.paused || schedule.nextMs === null) continue;
      if (schedule.nextMs <= nowMs) late.push(`${id} is due since ${nowMs - schedule.nextMs} ms`);
    }
    return late;
  }
}

function covered(template: TemplateRecord, atMs: number): boolean {
  if (template.firings.has(atMs)) return true;
  for (const { nominalMs, untilMs } of template.firings.values()) {
    if (nominalMs <= atMs && atMs <= untilMs) return true;
  }
  return false;
}
