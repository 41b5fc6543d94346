import { DomainError } from '../domain/errors.ts';
import type { TemplateRevision } from '../domain/template.ts';
import type { ChangeContext } from '../ports/store.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Templates } from './engine.ts';
import type { Purger } from './purger.ts';
import type { Scheduler } from './scheduler.ts';
import { type Runtime, stopAttempts } from './runtime.ts';

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

  return {
    async create(input, by, note) {
      const change = context(by, note ?? withoutEffectNote(input));
      const template = await store.createTemplate({ ...input, id: ids.uuid() }, change);
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
          const next = revise(current);
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
      purger.wake();
    },

    get: (id, dialect) => store.template(id, dialect),
    list: (query) => store.templates(query),
    changes: (id, offset, limit) => store.templateChanges(id, offset, limit),
    referringTo: (id) => store.templatesReferringTo(id),

    async refusals(id, limit) {
      if ((await store.template(id)) === null) {
        throw new DomainError('template-not-found', `there is no template ${id}`, {
          templateId: id,
        });
      }
      return store.refusals(id, limit);
    },
  };
}
