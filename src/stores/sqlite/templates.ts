import { DomainError } from '../../domain/errors.ts';
import type {
  DialectName,
  Template,
  TemplateChange,
  TemplateRevision,
} from '../../domain/template.ts';
import type { AttemptHandle, ChangeContext, NewTemplate } from '../../ports/store.ts';
import { definitionBounds } from '../sql/definition-bounds.ts';
import { type TemplateRecord, toTemplate } from '../sql/rows.ts';
import type { Schedules } from './schedules.ts';
import { lazy, type Session } from './session.ts';
import type { Stops } from './stops.ts';

/** Definitions of jobs: each change is a new revision and a recorded change. */
export class Templates {
  readonly #session: Session;
  readonly #stops: Stops;
  readonly #schedules: Schedules;
  readonly #byId;
  readonly #insert;
  readonly #insertRevision;
  readonly #update;
  readonly #setSuspended;
  readonly #setDeleted;
  readonly #change;
  readonly #unfinished;
  readonly #dropRevisions;
  readonly #dropChanges;
  readonly #referring;

  constructor(session: Session, stops: Stops, schedules: Schedules) {
    this.#session = session;
    this.#stops = stops;
    this.#schedules = schedules;
    const { db } = session;
    this.#byId = lazy(() =>
      db.prepare('select * from templates where id = ? and deleted_at is null'),
    );
    this.#insert = lazy(() =>
      db.prepare(
        `insert into templates (id, dialect, namespace, name, revision, suspended, refers_to, created_at, updated_at)
         values (?, ?, ?, ?, 1, 0, ?, ?, ?)`,
      ),
    );
    this.#insertRevision = lazy(() =>
      db.prepare(
        'insert into template_revisions (template_n, revision, spec, document, not_acted_on, schedule) values (?, ?, ?, ?, ?, ?)',
      ),
    );
    this.#update = lazy(() =>
      db.prepare('update templates set revision = ?, refers_to = ?, updated_at = ? where n = ?'),
    );
    this.#setSuspended = lazy(() =>
      db.prepare('update templates set suspended = ?, updated_at = ? where n = ?'),
    );
    this.#setDeleted = lazy(() => db.prepare('update templates set deleted_at = ? where n = ?'));
    this.#change = lazy(() =>
      db.prepare(
        'insert into template_changes (id, template_id, kind, revision, at, by, note) values (?, ?, ?, ?, ?, ?, ?)',
      ),
    );
    this.#unfinished = lazy(() =>
      db.prepare(
        `select id from runs where template_n = ? and state in ('queued', 'running', 'stopping') order by n`,
      ),
    );
    this.#dropRevisions = lazy(() =>
      db.prepare(
        'delete from template_revisions where template_n = ? and revision <= ? and revision not in (select revision from runs where template_n = ?)',
      ),
    );
    this.#dropChanges = lazy(() =>
      db.prepare(
        `delete from template_changes where template_id = ? and n <=
           (select n from template_changes where template_id = ? order by n desc limit 1 offset ${definitionBounds.changes})`,
      ),
    );
    this.#referring = lazy(() =>
      db.prepare('select id from templates where refers_to = ? and deleted_at is null order by n'),
    );
  }

  create(input: NewTemplate, context: ChangeContext): Template {
    const { id, dialect, namespace, name } = input;
    const refersTo = input.refersTo;
    const { lastInsertRowid } = this.#insert().run(
      id,
      dialect,
      namespace,
      name,
      refersTo,
      context.atMs,
      context.atMs,
    );
    this.#writeRevision(Number(lastInsertRowid), 1, input);
    this.#schedules.place(Number(lastInsertRowid), input.schedule, false, context.atMs);
    this.#record(id, 'create', 1, context);
    return this.#get(id, dialect).template;
  }

  update(
    id: string,
    dialect: DialectName,
    revise: (current: Template) => TemplateRevision,
    context: ChangeContext,
  ): Template {
    const { row, template } = this.#get(id, dialect);
    const next = revise(template);
    const revision = row.revision + 1;
    this.#writeRevision(row.n, revision, next);
    this.#update().run(revision, next.refersTo, context.atMs, row.n);
    this.#schedules.place(row.n, next.schedule, row.suspended === 1, context.atMs);
    this.#record(id, 'update', revision, context);
    return this.#get(id, dialect).template;
  }

  setSuspended(
    id: string,
    dialect: DialectName,
    suspended: boolean,
    context: ChangeContext,
  ): { template: Template; wake: boolean } {
    const { row, template } = this.#get(id, dialect);
    if (template.suspended === suspended) return { template, wake: false };
    this.#setSuspended().run(suspended ? 1 : 0, context.atMs, row.n);
    this.#record(id, suspended ? 'suspend' : 'resume', row.revision, context);
    if (suspended) this.#schedules.pause(row.n);
    else this.#schedules.resume(row.n, context.atMs);
    const wake = suspended ? false : this.#stops.releaseSuspended(row.n, context.atMs);
    return { template: this.#get(id, dialect).template, wake };
  }

  delete(id: string, dialect: DialectName, context: ChangeContext): { stop: AttemptHandle[] } {
    const { row } = this.#get(id, dialect);
    const stop: AttemptHandle[] = [];
    for (const run of this.#unfinished().all(row.n) as { id: string }[]) {
      stop.push(
        ...this.#stops.stop(run.id, 'deleted', 'stopped: its template was deleted', context.atMs)
          .stop,
      );
    }
    this.#schedules.place(row.n, null, false, context.atMs);
    this.#setDeleted().run(context.atMs, row.n);
    this.#record(id, 'delete', row.revision, context);
    return { stop };
  }

  find(id: string, dialect?: DialectName): Template | null {
    const row = this.#byId().get(id) as TemplateRecord | undefined;
    if (row === undefined || (dialect !== undefined && row.dialect !== dialect)) return null;
    return toTemplate(row, this.#session.revision(row.n, row.revision));
  }

  referringTo(id: string): string[] {
    return (this.#referring().all(id) as { id: string }[]).map((row) => row.id);
  }

  #get(id: string, dialect: DialectName): { row: TemplateRecord; template: Template } {
    const row = this.#byId().get(id) as TemplateRecord | undefined;
    if (row === undefined || row.dialect !== dialect) {
      throw new DomainError('template-not-found', `there is no template ${id}`, { templateId: id });
    }
    return { row, template: toTemplate(row, this.#session.revision(row.n, row.revision)) };
  }

  #writeRevision(templateN: number, revision: number, next: TemplateRevision): void {
    const texts = {
      spec: JSON.stringify(next.spec),
      document: JSON.stringify(next.document),
      notActedOn: JSON.stringify(next.notActedOn),
      schedule: next.schedule === null ? null : JSON.stringify(next.schedule),
    };
    this.#insertRevision().run(
      templateN,
      revision,
      texts.spec,
      texts.document,
      texts.notActedOn,
      texts.schedule,
    );
    this.#session.forgetRevision(templateN, revision);
    const oldest = revision - definitionBounds.revisions;
    if (oldest > 0) this.#dropRevisions().run(templateN, oldest, templateN);
  }

  #record(
    id: string,
    kind: TemplateChange['kind'],
    revision: number,
    context: ChangeContext,
  ): void {
    this.#change().run(
      context.changeId,
      id,
      kind,
      revision,
      context.atMs,
      context.by,
      context.note,
    );
    this.#dropChanges().run(id, id);
  }
}
