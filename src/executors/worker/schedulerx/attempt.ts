import type { AttemptReport, AttemptStart } from '../../../ports/executor.ts';
import { decode, encode, type Fields } from './codec.ts';
import type { AttemptRecord, Journal } from './journal.ts';
import { maxMessageBytes, maxProgressBytes, type Timing } from './limits.ts';
import { kill, reply, type status } from './messages.ts';
import { cutToBytes, endOfStatus, type EndRecord, killed, plainEnd, words } from './outcome.ts';
import type { Member, Registry } from './registry.ts';
import { type InstanceIdentity, submitBody, wireNames } from './submission.ts';

/** Where an attempt may go. */
export interface Choice {
  readonly master: Member;
  /** Everybody who may take part, the master included. */
  readonly workers: readonly Member[];
}

/** What attempts share. */
export interface Shared {
  readonly registry: Registry;
  readonly journal: Journal;
  readonly timing: Timing;
  nowMs(): number;
  report(report: AttemptReport): void;
  /** Chooses a master; a text when there is none: why, and what to do; null = wait for workers. */
  choose(start: AttemptStart): Choice | string | null;
  /** It has ended, reported or not. `again`: what to stop should the worker still have it. */
  ended(attempt: Attempt, again: AttemptRecord | null): void;
  warn(fields: object, message: string): void;
}

/**
 * One attempt: an instance that is submitted once, to one worker, its master. Written down before
 * the submit. Ends by the master's final report, by its silence, or when it has dropped the
 * instance without a word (workers.md §2.8).
 */
export class Attempt {
  readonly id: string;
  readonly identity: InstanceIdentity;
  readonly group: number;
  readonly #shared: Shared;
  #fence: number;
  #start: AttemptStart | null = null;
  #record: AttemptRecord | null = null;
  #stopAsked = false;
  #over = false;
  /** The answer to the submit is waited for. */
  #submitting = false;
  /** Heartbeats of the master, one after the other, that did not name the instance. */
  #absences = 0;
  /** When it was last known to be with a live master; monotonic. */
  #seenAtMs = performance.now();
  /** When it began to wait for an earlier run of the instance, and for its next look; monotonic. */
  #waitingSinceMs: number | null = null;
  #lookAgainAtMs = 0;
  #killSentAtMs: number | null = null;
  /** When the master said it killed it, or does not know it. */
  #killAnsweredAtMs: number | null = null;
  #progress = '';

  constructor(
    shared: Shared,
    id: string,
    fence: number,
    group: number,
    identity: InstanceIdentity,
  ) {
    this.#shared = shared;
    this.id = id;
    this.#fence = fence;
    this.group = group;
    this.identity = identity;
  }

  /** Submits it as soon as there is a worker. */
  begin(start: AttemptStart): void {
    this.#start = start;
    this.#advance();
  }

  /** Goes on with what an earlier life of the server submitted. */
  adopt(record: AttemptRecord): void {
    this.#record = record;
    this.#stopAsked = record.stopAtMs !== null;
    // Workers need a moment to come back before their silence means something.
    this.#seenAtMs = performance.now() + this.#shared.timing.reconnectMs;
    if (record.startedAtMs !== null) this.#tellStarted(record, record.startedAtMs);
  }

  /** A new owner: later reports are its. */
  claim(fence: number): void {
    this.#fence = fence;
    const started = this.#record?.startedAtMs ?? null;
    if (this.#record !== null && started !== null) this.#tellStarted(this.#record, started);
  }

  stop(): void {
    if (this.#over || this.#stopAsked) return;
    this.#stopAsked = true;
    if (this.#record === null) return this.#refuse(words.stoppedBefore);
    this.#record.stopAtMs = this.#shared.nowMs();
    this.#write();
    if (!this.#submitting) void this.#kill();
  }

  /** Whether the worker is its master, so that what it tells counts. */
  isMaster(workerId: string | null): boolean {
    return this.#record !== null && this.#record.workerId === workerId;
  }

  /** Its master told what it is master of. */
  heartbeat(member: Member): void {
    const record = this.#record;
    if (this.#over || record === null) return;
    this.#seenAtMs = Math.max(this.#seenAtMs, member.heardAtMs);
    if (member.instances.has(this.identity.instanceId)) {
      this.#absences = 0;
      // The answer to the submit may have been lost with a connection.
      if (!this.#submitting) this.#confirm(record);
    } else if (!this.#submitting) {
      this.#absences += 1;
      if (this.#absences >= 2) this.#dropped(record);
    }
  }

  /** Its master told how it is; the last time with a final code. */
  told(message: Fields<typeof status>): void {
    if (this.#over || this.#record === null) return;
    if (message.progress !== undefined && message.progress !== '') this.progress(message.progress);
    const { status: code = 0, result = '' } = message;
    const end = endOfStatus(code, result, this.#stopAsked, this.#shared.nowMs());
    if (end === null) return;
    // So that a retry, which has the same number, need not wait for the next heartbeat.
    this.#shared.registry.drop(this.group, this.#record.workerId, this.identity.instanceId);
    if (end.kind === 'ended') this.#confirm(this.#record);
    this.#end(end);
  }

  /** Its master told how far it is. */
  progress(text: string): void {
    if (this.#over || text === this.#progress || Buffer.byteLength(text) > maxProgressBytes) return;
    this.#progress = text;
    this.#shared.report({ kind: 'progress', ...this.#about(), progress: text });
  }

  /** Looks at what time has brought. */
  tick(): void {
    if (this.#over) return;
    const record = this.#record;
    if (record === null) return this.#advance();
    const { timing, nowMs } = this.#shared;
    const now = performance.now();
    if (this.#killAnsweredAtMs !== null && now - this.#killAnsweredAtMs > timing.killedMs) {
      return this.#end(killed(nowMs()));
    }
    if (now - this.#seenAtMs > timing.livenessMs) {
      return this.#end(plainEnd('lost', nowMs(), words.lost));
    }
    if (this.#stopAsked && !this.#submitting) void this.#kill();
  }

  /** Forgets it without a word: the server closes. */
  abandon(): void {
    this.#over = true;
  }

  #advance(): void {
    const start = this.#start;
    if (this.#over || start === null || this.#record !== null) return;
    if (performance.now() < this.#lookAgainAtMs) return;
    // An earlier attempt has this number too: its end must be behind it (workers.md §4).
    const holder = this.#shared.registry
      .members(this.group)
      .find(({ instances }) => instances.has(this.identity.instanceId));
    if (holder !== undefined) return this.#await(start, holder);
    const choice = this.#shared.choose(start);
    if (choice === null) return;
    if (typeof choice === 'string') return this.#refuse(choice);
    void this.#submit(start, choice);
  }

  /** Ends an earlier run of the instance, and waits for that. */
  #await(start: AttemptStart, holder: Member): void {
    const { timing } = this.#shared;
    const now = performance.now();
    this.#waitingSinceMs ??= now;
    if (now - this.#waitingSinceMs > timing.earlierRunMs) {
      return this.#refuse(
        `jobInstanceId=${this.identity.instanceId} is still running on ${holder.info.address} from an earlier attempt and does not end; restart that worker`,
      );
    }
    this.#lookAgainAtMs = now + Math.min(timing.killAgainMs, 1_000);
    if (now - (this.#killSentAtMs ?? -Infinity) < timing.killAgainMs) return;
    this.#killSentAtMs = now;
    const { artifact } = start.spec.task;
    if (artifact.kind !== 'worker') return;
    void sendKill(holder, { ...this.identity, ...wireNames(artifact) });
  }

  async #submit(start: AttemptStart, { master, workers }: Choice): Promise<void> {
    const { nowMs } = this.#shared;
    const { artifact } = start.spec.task;
    if (artifact.kind !== 'worker') return;
    const record: AttemptRecord = {
      group: this.group,
      ...this.identity,
      ...wireNames(artifact),
      workerId: master.workerId,
      worker: master.info.address,
      submittedAtMs: nowMs(),
      startedAtMs: null,
      stopAtMs: null,
      end: null,
    };
    const body = submitBody(start, this.identity, master, workers, nowMs());
    try {
      this.#shared.journal.write(this.id, record);
    } catch (error) {
      // Without it the end could not be matched after a restart: better not begun.
      const text = (error as Error).message;
      return this.#refuse(`it cannot be written down before it is submitted: ${text}`);
    }
    this.#record = record;
    this.#submitting = true;
    this.#killSentAtMs = null;
    this.#seenAtMs = performance.now();
    const answer = await master.connection.request('ServerSubmitJobInstanceRequest', body);
    this.#submitting = false;
    // Without an answer it may run, or not: the master's next heartbeats tell.
    const read = answer === null ? null : readReply(answer.body);
    if (this.#over || read === null) return;
    if (read.success) {
      this.#confirm(record);
      if (this.#stopAsked) void this.#kill();
    } else if (!read.message.includes('is still running')) {
      this.#refuse(read.message === '' ? 'the worker refused the instance' : read.message);
    } else if (this.#stopAsked) {
      this.#refuse(words.stoppedBefore);
    } else {
      this.#record = null;
      this.#await(start, master);
    }
  }

  async #kill(): Promise<void> {
    const record = this.#record;
    const { registry, timing } = this.#shared;
    if (record === null || this.#killAnsweredAtMs !== null) return;
    const now = performance.now();
    if (now - (this.#killSentAtMs ?? -Infinity) < timing.killAgainMs) return;
    const master = registry.get(record.group, record.workerId);
    // Without it: when it comes back, or is lost.
    if (master === null || !master.connection.open) return;
    this.#killSentAtMs = now;
    // The answer is upside down (workers.md §2.7): `success` says that there was nothing to kill.
    // Either way the final report is under way, or will never come.
    if (await sendKill(master, record)) this.#killAnsweredAtMs = performance.now();
  }

  /** Its master does not have it: it ended while nobody listened, and workers say it only once. */
  #dropped({ worker, startedAtMs }: AttemptRecord): void {
    const atMs = this.#shared.nowMs();
    if (this.#stopAsked) return this.#end(killed(atMs));
    const text =
      startedAtMs === null
        ? words.noAnswer
        : `${words.lost}: ${worker} does not run it any more and its result did not arrive`;
    this.#end(plainEnd('lost', atMs, text));
  }

  #refuse(message: string): void {
    const text = cutToBytes(message, maxMessageBytes);
    this.#end(plainEnd('refused', this.#shared.nowMs(), text));
  }

  #confirm(record: AttemptRecord): void {
    if (record.startedAtMs !== null) return;
    record.startedAtMs = this.#shared.nowMs();
    this.#write();
    this.#tellStarted(record, record.startedAtMs);
  }

  #tellStarted({ worker }: AttemptRecord, atMs: number): void {
    this.#shared.report({ kind: 'started', ...this.#about(), atMs, pid: null, worker });
  }

  #end(end: EndRecord): void {
    if (this.#over) return;
    this.#over = true;
    const record = this.#record;
    if (record !== null) {
      record.end = end;
      this.#write();
    }
    this.#shared.report(endReport(this.id, this.#fence, end));
    // Given up without its word: it may still run there.
    this.#shared.ended(this, end.kind === 'lost' ? record : null);
  }

  #write(): void {
    if (this.#record === null) return;
    try {
      this.#shared.journal.write(this.id, this.#record);
    } catch (error) {
      this.#shared.warn({ err: error, attemptId: this.id }, 'the journal of an attempt failed');
    }
  }

  #about(): { readonly attemptId: string; readonly fence: number; readonly atMs: number } {
    return { attemptId: this.id, fence: this.#fence, atMs: this.#shared.nowMs() };
  }
}

/** The report of an end that was written down. */
export function endReport(attemptId: string, fence: number, end: EndRecord): AttemptReport {
  const { atMs, message } = end;
  const about = { attemptId, fence, atMs, message };
  if (end.kind !== 'ended') return { kind: end.kind, ...about };
  const { exitCode, stopped, result } = end;
  return {
    kind: 'ended',
    ...about,
    exitCode,
    signal: null,
    stopped,
    ...(result === '' ? {} : { result }),
  };
}

/** Asks a master to kill an instance. @returns whether it answered. */
export async function sendKill(
  master: Member,
  what: Pick<AttemptRecord, 'jobId' | 'instanceId' | 'jobType' | 'mode'>,
): Promise<boolean> {
  const body = encode(kill, {
    jobId: what.jobId,
    jobInstanceId: what.instanceId,
    user: 'longshore',
    jobType: what.jobType,
    executeMode: what.mode,
    appGroupId: master.appGroupId,
  });
  return (await master.connection.request('ServerKillJobInstanceRequest', body)) !== null;
}

/** What a worker answered; null when it cannot be read, which is no answer. */
function readReply(
  body: Uint8Array,
): { readonly success: boolean; readonly message: string } | null {
  try {
    const { success = false, message = '' } = decode(reply, body);
    return { success, message };
  } catch {
    return null;
  }
}
