import { DomainError } from '../domain/errors.ts';
import { describeProblems, parseSchedule } from '../domain/schedule/parse.ts';
import type { TemplateRevision } from '../domain/template.ts';
import type { ChangeContext } from '../ports/store.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Templates } from './engine.ts';
import type { Purger } from './purger.ts';
import type { Scheduler } from './scheduler.ts';
import { type Runtime, stopAttempts } from './runtime.ts';

/** Problems of a schedule that one refusal tells in words. */
const MAX_TOLD_PROBLEMS = 20;

/** What a change says about parameters that are kept without acting (sae.md §7.2 U27). */
export function withoutEffectNote(revision: TemplateRevision): string {
  const names = revision.notActedOn;
  return names.length === 0 ? '' : `accepted without effect: ${names.join(', ')}`;
}

/** Use cases around job definitions. */
export function createTemplates(
  runtime: Runtime,
  dispatcher: Dispatcher,
  scheduler: Scheduler,
  purger: Purger,
): Templates {
  const { store, ids, clock } = runtime;
  const context = (by: string, note: string): ChangeContext => ({
    changeId: ids.uuid(),
    atMs: clock.nowMs(),
    by,
    note,
  });

  const requireTemplate = async (id: string): Promise<void> => {
    if ((await store.template(id)) !== null) return;
    throw new DomainError('template-not-found', `there is no template ${id}`, { templateId: id });
  };

  return {
    async create(input, by, note) {
      const change = context(by, note ?? withoutEffectNote(input));
      const checked = withCheckedSchedule(input);
      const template = await store.createTemplate(
        { ...checked, id: input.id ?? ids.uuid() },
        change,
      );
      if (template.schedule !== null) scheduler.wake();
      return { template, changeId: change.changeId };
    },

    async update(id, dialect, revise, by, note = withoutEffectNote) {
      let text = '';
      const change = {
        ...context(by, ''),
        get note() {
          return text;
        },
      };
      const template = await store.updateTemplate(
        id,
        dialect,
        (current) => {
          const next = withCheckedSchedule(revise(current));
          text = note(next);
          return next;
        },
        change,
      );
      if (template.schedule !== null) scheduler.wake();
      return { template, changeId: change.changeId };
    },

    async setSuspended(id, dialect, suspended, by) {
      const { template, wake } = await store.setSuspended(id, dialect, suspended, context(by, ''));
      if (wake) dispatcher.wake();
      if (!suspended && template.schedule !== null) scheduler.wake();
      return template;
    },

    async delete(id, dialect, by) {
      const { stop } = await store.deleteTemplate(id, dialect, context(by, ''));
      stopAttempts(runtime, stop);
      // A run that waited in line may have passed its place on.
      dispatcher.wake();
      purger.wake();
    },

    get: (id, dialect) => store.template(id, dialect),
    list: (query) => store.templates(query),
    search: (query) => store.searchTemplates(query),
    async revision(id, revision) {
      await requireTemplate(id);
      return store.templateRevision(id, revision);
    },
    changes: (id, offset, limit) => store.templateChanges(id, offset, limit),
    referringTo: (id) => store.templatesReferringTo(id),

    async refusals(id, limit) {
      await requireTemplate(id);
      return store.refusals(id, limit);
    },

    async schedule(id) {
      await requireTemplate(id);
      return store.schedule(id);
    },

    async firings(id, offset, limit) {
      await requireTemplate(id);
      return store.firings(id, offset, limit);
    },
  };
}

/**
 * The definition with its schedule checked and complete: dialects check what they are sent in
 * words of their own, and here nothing invalid gets past any of them.
 * @throws DomainError `invalid-argument` with the problems.
 */
function withCheckedSchedule<T extends TemplateRevision>(revision: T): T {
  if (revision.schedule === null) return revision;
  const parsed = parseSchedule(revision.schedule);
  if (parsed.kind === 'parsed') return { ...revision, schedule: parsed.schedule.definition };
  const { problems } = parsed;
  const more = problems.length - MAX_TOLD_PROBLEMS;
  throw new DomainError(
    'invalid-argument',
    `the schedule is not valid: ${describeProblems(problems.slice(0, MAX_TOLD_PROBLEMS))}${more > 0 ? `; and ${more} more` : ''}`,
    { problems: problems.length },
  );
}
