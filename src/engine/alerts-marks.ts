import type { AlertKind } from '../domain/alerts.ts';
import type { Run } from '../domain/run.ts';
import type { DialectName } from '../domain/template.ts';
import type { DocumentName, DocumentStore } from '../ports/documents.ts';

/** Marks kept of one template; older ones go. */
const MAX_MARKS = 200;
/** Documents read in one go. */
const PAGE = 200;

/** The run that a mark is about. */
export type MarkedRun = Pick<Run, 'id' | 'templateId' | 'dialect'>;

/** That something is told, or was. */
export interface AlertMark {
  readonly run: string;
  readonly kind: AlertKind;
  readonly atMs: number;
  /** When what it tells happened. */
  readonly aboutMs: number;
  /** Who tells it; a later life of that host goes on with what is not done. */
  readonly host: string;
  readonly done: boolean;
}

/** What is kept of a template's alerts, oldest first. */
interface Kept {
  readonly marks: readonly AlertMark[];
  /** What happened at or before this time is told no more: marks of it may be gone. */
  readonly forgottenMs: number;
}

/**
 * What was told, durably: one document for each template. Who adds a mark tells; everybody else
 * finds it there.
 */
export class AlertMarks {
  readonly #store: DocumentStore;
  readonly #host: string;

  constructor(store: DocumentStore, host: string) {
    this.#store = store;
    this.#host = host;
  }

  /**
   * Marks it as being told by this host. False = it is, or was, by somebody.
   * @param aboutMs when it happened.
   */
  async claim(run: MarkedRun, kind: AlertKind, aboutMs: number, nowMs: number): Promise<boolean> {
    let claimed = false;
    await this.#store.changeDocument(nameOf(run), nowMs, (current) => {
      const { marks, forgottenMs } = keptOf(current);
      claimed =
        aboutMs > forgottenMs && !marks.some((one) => one.run === run.id && one.kind === kind);
      const added = { run: run.id, kind, atMs: nowMs, aboutMs, host: this.#host, done: false };
      return contentOf(claimed ? bounded([...marks, added], forgottenMs) : { marks, forgottenMs });
    });
    return claimed;
  }

  /** It was told, or will never be. */
  async done(run: MarkedRun, kind: AlertKind, nowMs: number): Promise<void> {
    await this.#store.changeDocument(nameOf(run), nowMs, (current) => {
      if (current === null) return null;
      const { marks, forgottenMs } = keptOf(current);
      const changed = marks.map((one) =>
        one.run === run.id && one.kind === kind ? { ...one, done: true } : one,
      );
      return contentOf({ marks: changed, forgottenMs });
    });
  }

  /** The run whose failure was told last; null = none is known. */
  async lastFailure(run: MarkedRun): Promise<string | null> {
    const { marks } = keptOf(await this.#store.document(nameOf(run)));
    return marks.findLast(({ kind }) => kind === 'failed')?.run ?? null;
  }

  /** What this host began to tell at or after that time and did not finish, of one dialect. */
  async unfinished(dialect: DialectName, sinceMs: number): Promise<readonly AlertMark[]> {
    const found: AlertMark[] = [];
    for (let offset = 0; ; offset += PAGE) {
      const query = { dialect, kind: documentKind, offset, limit: PAGE };
      const { rows, total } = await this.#store.documents(query);
      for (const row of rows) {
        const open = keptOf(row).marks.filter(
          ({ done, host, atMs }) => !done && host === this.#host && atMs >= sinceMs,
        );
        found.push(...open);
      }
      if (rows.length === 0 || offset + rows.length >= total) return found;
    }
  }

  /** The template is gone. */
  async forget(dialect: DialectName, templateId: string, nowMs: number): Promise<void> {
    const name = nameOf({ id: '', dialect, templateId });
    if ((await this.#store.document(name)) === null) return;
    await this.#store.changeDocument(name, nowMs, () => null);
  }
}

const documentKind = 'engine-alert';

function nameOf({ dialect, templateId }: MarkedRun): DocumentName {
  return { dialect, kind: documentKind, key: templateId };
}

function bounded(marks: readonly AlertMark[], forgottenMs: number): Kept {
  const gone = marks.at(-MAX_MARKS - 1);
  return {
    marks: marks.slice(-MAX_MARKS),
    forgottenMs: Math.max(forgottenMs, gone?.aboutMs ?? 0),
  };
}

function keptOf(document: { readonly value: Readonly<Record<string, unknown>> } | null): Kept {
  return (document?.value ?? { marks: [], forgottenMs: 0 }) as unknown as Kept;
}

function contentOf(kept: Kept) {
  return { parent: '', value: { ...kept } };
}
