import type { DialectName, Template, TemplateRevision } from '../../domain/template.ts';
import type { AttemptHandle, ChangeContext, NewTemplate } from '../../ports/store.ts';
import { definitionBounds } from '../sql/definition-bounds.ts';
import { templateDeleting, templateNotFound, webhookTaken } from '../sql/catalog-refusals.ts';
import { catalogRefsText, type TemplateRecord, toTemplate } from '../sql/rows.ts';
import type { References } from './references.ts';
import type { Schedules } from './schedules.ts';
import { lazy, type Session } from './session.ts';
import type { Stops } from './stops.ts';
import type { Tags } from './tags.ts';
import type { TemplateChanges } from './template-changes.ts';

/** What changes together with a template. */
export interface TemplateParts {
  readonly stops: Stops;
  readonly schedules: Schedules;
  readonly references: References;
  readonly tags: Tags;
  readonly changes: TemplateChanges;
}

/** Definitions of jobs: each change is a new revision and a recorded change. */
export class Templates {
  readonly #session: Session;
  readonly #parts: TemplateParts;
  readonly #byId;
  readonly #deleting;
  readonly #byWebhook;
  readonly #insert;
  readonly #insertRevision;
  readonly #update;
  readonly #setSuspended;
  readonly #setDeleted;
  readonly #unfinished;
  readonly #dropRevisions;
  readonly #referring;

  constructor(session: Session, parts: TemplateParts) {
    this.#session = session;
    this.#parts = parts;
    const { db } = session;
    this.#byId = lazy(() =>
      db.prepare('select * from templates where id = ? and deleted_at is null'),
    );
    this.#deleting = lazy(() => db.prepare('select 1 from templates where id = ? and dialect = ?'));
    this.#byWebhook = lazy(() =>
      db.prepare(
        'select * from templates where webhook_token_hash = ? and webhook_token_hash is not null',
      ),
    );
    this.#insert = lazy(() =>
      db.prepare(
        `insert into templates (id, dialect, namespace, name, revision, suspended, refers_to, created_at, updated_at, webhook_token_hash)
         values (?, ?, ?, ?, 1, 0, ?, ?, ?, ?)`,
      ),
    );
    this.#insertRevision = lazy(() =>
      db.prepare(
        'insert into template_revisions (template_n, revision, spec, document, not_acted_on, schedule, catalog_refs) values (?, ?, ?, ?, ?, ?, ?)',
      ),
    );
    this.#update = lazy(() =>
      db.prepare(
        'update templates set revision = ?, refers_to = ?, updated_at = ?, webhook_token_hash = ?, name = ? where n = ?',
      ),
    );
    this.#setSuspended = lazy(() =>
      db.prepare('update templates set suspended = ?, updated_at = ? where n = ?'),
    );
    this.#setDeleted = lazy(() =>
      db.prepare('update templates set deleted_at = ?, webhook_token_hash = null where n = ?'),
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
    this.#referring = lazy(() =>
      db.prepare('select id from templates where refers_to = ? and deleted_at is null order by n'),
    );
  }

  /** @throws DomainError as `#demandFits`. */
  create(input: NewTemplate, context: ChangeContext): Template {
    const { id, dialect, namespace, name, refersTo } = input;
    this.#demandFits(dialect, input, null);
    const { lastInsertRowid } = this.#insert().run(
      id,
      dialect,
      namespace,
      name,
      refersTo,
      context.atMs,
      context.atMs,
      input.webhookTokenHash ?? null,
    );
    const n = Number(lastInsertRowid);
    this.#writeRevision(n, 1, input);
    this.#parts.references.add(n, input);
    this.#parts.schedules.place(n, input.schedule, false, context.atMs);
    this.#parts.changes.record(input, 'create', 1, context);
    return this.#get(id, dialect).template;
  }

  /** @throws DomainError `template-not-found`, `template-deleting`, as `#demandFits`; what `revise` throws. */
  update(
    id: string,
    dialect: DialectName,
    revise: (current: Template) => TemplateRevision,
    context: ChangeContext,
  ): Template {
    const { row, template } = this.#get(id, dialect, templateDeleting);
    const { references, schedules, changes } = this.#parts;
    const next = revise(template);
    this.#demandFits(dialect, next, row.n);
    const revision = row.revision + 1;
    this.#writeRevision(row.n, revision, next);
    this.#update().run(
      revision,
      next.refersTo,
      context.atMs,
      next.webhookTokenHash ?? null,
      next.name ?? row.name,
      row.n,
    );
    if (template.references !== undefined) references.drop(row.n);
    references.add(row.n, next);
    schedules.place(row.n, next.schedule, row.suspended === 1, context.atMs);
    changes.record(row, 'update', revision, context);
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
    const { stops, schedules, changes } = this.#parts;
    changes.record(row, suspended ? 'suspend' : 'resume', row.revision, context);
    if (suspended) schedules.pause(row.n);
    else schedules.resume(row.n, context.atMs);
    const wake = suspended ? false : stops.releaseSuspended(row.n, context.atMs);
    return { template: this.#get(id, dialect).template, wake };
  }

  delete(id: string, dialect: DialectName, context: ChangeContext): { stop: AttemptHandle[] } {
    const { row } = this.#get(id, dialect);
    const { stops, schedules, references, tags, changes } = this.#parts;
    const stop: AttemptHandle[] = [];
    for (const run of this.#unfinished().all(row.n) as { id: string }[]) {
      stop.push(
        ...stops.stop(run.id, 'deleted', 'stopped: its template was deleted', context.atMs).stop,
      );
    }
    schedules.place(row.n, null, false, context.atMs);
    references.drop(row.n);
    tags.removeAll(dialect, id);
    this.#setDeleted().run(context.atMs, row.n);
    changes.record(row, 'delete', row.revision, context);
    return { stop };
  }

  find(id: string, dialect?: DialectName): Template | null {
    const row = this.#byId().get(id) as TemplateRecord | undefined;
    if (row === undefined || (dialect !== undefined && row.dialect !== dialect)) return null;
    return toTemplate(row, this.#session.revision(row.n, row.revision));
  }

  /** The template whose webhook has this token. */
  byWebhook(tokenHash: string): Template | null {
    const row = this.#byWebhook().get(tokenHash) as TemplateRecord | undefined;
    return row === undefined ? null : toTemplate(row, this.#session.revision(row.n, row.revision));
  }

  referringTo(id: string): string[] {
    return (this.#referring().all(id) as { id: string }[]).map((row) => row.id);
  }

  /** `deleting`: what to throw for one that is deleted but not yet erased. */
  #get(
    id: string,
    dialect: DialectName,
    deleting = templateNotFound,
  ): { row: TemplateRecord; template: Template } {
    const row = this.#byId().get(id) as TemplateRecord | undefined;
    if (row === undefined || row.dialect !== dialect) {
      const hidden = this.#deleting().get(id, dialect) !== undefined;
      throw hidden ? deleting(id) : templateNotFound(id);
    }
    return { row, template: toTemplate(row, this.#session.revision(row.n, row.revision)) };
  }

  /**
   * Checked before anything is written. `templateN`: null = not stored yet.
   * @throws DomainError `config-map-not-found`, `secret-not-found`, `already-exists` for a webhook's
   *   token that another template has.
   */
  #demandFits(dialect: DialectName, next: TemplateRevision, templateN: number | null): void {
    this.#parts.references.check(dialect, next);
    const hash = next.webhookTokenHash ?? null;
    if (hash === null) return;
    const other = this.#byWebhook().get(hash) as TemplateRecord | undefined;
    if (other !== undefined && other.n !== templateN) throw webhookTaken();
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
      catalogRefsText(next),
    );
    this.#session.forgetRevision(templateN, revision);
    const oldest = revision - definitionBounds.revisions;
    if (oldest > 0) this.#dropRevisions().run(templateN, oldest, templateN);
  }
}
