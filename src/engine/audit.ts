import {
  type AuditEntry,
  type AuditNote,
  type AuditOutcome,
  type AuditRetention,
  boundedEntry,
} from '../domain/audit.ts';
import { DomainError } from '../domain/errors.ts';
import type { AuditStore } from '../ports/audit.ts';
import type { Clock } from '../ports/clock.ts';
import { FailedCallers } from './audit-limit.ts';
import { Pauses } from './pauses.ts';
import type { EngineLog } from './runtime.ts';

/** Most lines that one append takes. */
const BATCH = 500;
/** Most lines that wait; beyond it calls are refused, and starts of runs wait for room. */
const MAX_WAITING = 10_000;
/** How long a line that nobody waits for may gather others. */
const GATHER_MS = 50;
/**
 * Starts of runs alike, by the same caller in the same moment, that have a line each; the others
 * are counted on one more. Each run tells who started it, and a line costs as much as a run.
 */
const MAX_ALIKE = 25;
/** Wait before an append that failed is tried again. */
const RETRY_MS = 1_000;
/** How long a call waits for its line before it is told that it could not be written. */
const PATIENCE_MS = 10_000;
/** Lines erased in one transaction, and the pause between two. */
const ERASE_BATCH = 500;
const ERASE_PAUSE_MS = 100;

export type { AuditNote };

/** The audit log, as dialects see it: they write and read, and can change nothing. */
export interface Audit extends Pick<AuditStore, 'auditLines' | 'auditLinesAfter' | 'lastAuditId'> {
  /**
   * Writes down a call that changes something; resolves once the line is durable.
   * @throws DomainError `unavailable` when it could not be written within 10 s; it is tried on.
   */
  record(note: AuditNote): Promise<void>;
  /**
   * The same for starts of runs: resolves as soon as there is room; durable within 100 ms. Of many
   * alike in one moment most are only counted.
   */
  follow(note: AuditNote): Promise<void>;
  /** A call whose caller could not be proved. Of many in a short time most are only counted. */
  refused(note: AuditNote): void;
  /** Resolves when this server has written lines, or after `timeoutMs`. */
  changed(timeoutMs: number): Promise<void>;
}

/** Numbers about the log since this server life began. */
export interface AuditStats {
  readonly lines: Readonly<Record<AuditOutcome, number>>;
  readonly suppressed: number;
  readonly waiting: number;
  readonly failedAppends: number;
  readonly erased: number;
}

interface Waiting {
  readonly entry: AuditEntry;
  /** Null = nobody waits. */
  readonly written: (() => void) | null;
}

/** Starts alike among the lines that wait. */
interface Alike {
  lines: number;
  /** The line on which further ones are counted. */
  last: { -readonly [K in keyof AuditEntry]: AuditEntry[K] } | null;
}

/** What the log needs of the engine. */
export interface AuditOptions {
  readonly store: AuditStore;
  readonly clock: Clock;
  readonly log: EngineLog;
  /** Null = lines are kept for ever. */
  readonly retention: AuditRetention | null;
  /** Pause between two looks at what is over. */
  readonly intervalMs: number;
}

/**
 * The audit log's writer: lines wait in one bounded queue and are appended together, in their
 * order. A line that could not be appended is tried until it can, so lines may come late but are
 * not lost while the server lives; after a lost answer of the database one may be there twice.
 */
export class AuditLog implements Audit {
  readonly #options: AuditOptions;
  readonly #pauses: Pauses;
  readonly #callers: FailedCallers;
  #waiting: Waiting[] = [];
  /** By caller and operation; of lines that are not on their way to the store yet. */
  #alike = new Map<string, Alike>();
  #room: (() => void)[] = [];
  #listeners = new Set<() => void>();
  #writing: Promise<void> | null = null;
  #gathering: { cancel(): void } | null = null;
  #erasing: Promise<void> = Promise.resolve();
  readonly #lines = { ok: 0, refused: 0, failed: 0 };
  #failedAppends = 0;
  #erased = 0;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#pauses = new Pauses(options.clock);
    this.#callers = new FailedCallers(() => options.clock.monotonicMs());
  }

  async record(note: AuditNote): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING) {
      throw new DomainError(
        'unavailable',
        `${MAX_WAITING} lines of the audit log wait to be written; the call may have been carried out`,
      );
    }
    const { clock } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const late = clock.after(PATIENCE_MS, () =>
        reject(
          new DomainError(
            'unavailable',
            'the call was carried out or refused, and the audit log could not be written in time; see the server’s log',
          ),
        ),
      );
      const written = (): void => {
        late.cancel();
        resolve();
      };
      this.#waiting.push({ entry: this.#entry(note, 0), written });
      this.#write();
    });
  }

  async follow(note: AuditNote): Promise<void> {
    while (this.#waiting.length >= MAX_WAITING && !this.#pauses.ended) {
      await new Promise<void>((resolve) => this.#room.push(resolve));
    }
    const { user, keyId, sourceIp, dialect, operation, outcome, code } = note;
    const key = `${user} ${keyId} ${sourceIp} ${dialect} ${operation} ${outcome} ${code}`;
    const alike = this.#alike.get(key);
    if (alike === undefined) this.#alike.set(key, { lines: 1, last: null });
    else if (alike.last !== null) {
      alike.last.suppressed += 1;
      return;
    } else alike.lines += 1;
    const entry = this.#entry(note, 0);
    if (alike !== undefined && alike.lines >= MAX_ALIKE) alike.last = entry;
    this.#add(entry);
  }

  refused(note: AuditNote): void {
    const suppressed = this.#callers.admit();
    if (suppressed === null || this.#waiting.length >= MAX_WAITING) return;
    this.#add(this.#entry(note, suppressed));
  }

  auditLines: Audit['auditLines'] = (query) => this.#options.store.auditLines(query);
  auditLinesAfter: Audit['auditLinesAfter'] = (id, limit) =>
    this.#options.store.auditLinesAfter(id, limit);
  lastAuditId: Audit['lastAuditId'] = () => this.#options.store.lastAuditId();

  changed(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        this.#listeners.delete(done);
        resolve();
      };
      const timer = this.#options.clock.after(timeoutMs, done);
      this.#listeners.add(done);
    });
  }

  /** Begins to let go of what is over. */
  start(): void {
    const { retention } = this.#options;
    if (retention !== null) this.#erasing = this.#rounds(retention);
  }

  /** Writes what waits, once more if need be, and ends. */
  async stop(): Promise<void> {
    this.#pauses.end();
    await this.#erasing;
    this.#write();
    await this.#writing;
  }

  stats(): AuditStats {
    return {
      lines: { ...this.#lines },
      suppressed: this.#callers.suppressed,
      waiting: this.#waiting.length,
      failedAppends: this.#failedAppends,
      erased: this.#erased,
    };
  }

  #entry(note: AuditNote, suppressed: number): AuditEntry {
    return boundedEntry(note, this.#options.clock.nowMs(), suppressed);
  }

  #add(entry: AuditEntry): void {
    this.#waiting.push({ entry, written: null });
    if (this.#waiting.length >= BATCH) this.#write();
    else if (this.#writing === null) {
      this.#gathering ??= this.#options.clock.after(GATHER_MS, () => this.#write());
    }
  }

  #write(): void {
    this.#gathering?.cancel();
    this.#gathering = null;
    if (this.#writing !== null || this.#waiting.length === 0) return;
    this.#writing = this.#appendAll().finally(() => {
      this.#writing = null;
    });
  }

  async #appendAll(): Promise<void> {
    const { store, log } = this.#options;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, BATCH);
      this.#alike.clear();
      try {
        await store.appendAudit(batch.map(({ entry }) => entry));
      } catch (error) {
        this.#failedAppends += 1;
        log.error({ err: error, lines: this.#waiting.length }, 'the audit log cannot be written');
        if (this.#pauses.ended) return;
        await this.#pauses.pause(RETRY_MS);
        continue;
      }
      this.#waiting.splice(0, batch.length);
      for (const { entry, written } of batch) {
        this.#lines[entry.outcome] += 1;
        written?.();
      }
      for (const go of this.#room.splice(0)) go();
      for (const listener of this.#listeners) listener();
    }
  }

  async #rounds(retention: AuditRetention): Promise<void> {
    const { store, clock, log, intervalMs } = this.#options;
    while (!this.#pauses.ended) {
      try {
        let erased: number;
        do {
          erased = await store.eraseAudit(retention, clock.nowMs(), ERASE_BATCH);
          this.#erased += erased;
          await this.#pauses.pause(ERASE_PAUSE_MS);
        } while (erased >= ERASE_BATCH && !this.#pauses.ended);
      } catch (error) {
        log.error({ err: error }, 'erasing old lines of the audit log failed; trying again later');
      }
      await this.#pauses.pause(intervalMs);
    }
  }
}
