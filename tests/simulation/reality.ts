import type { RecordsKeeper } from './records-keeper.ts';
import { isEnd, type Violate } from './records.ts';

/** What really happened to an attempt, whatever anybody was told. */
export interface RealAttempt {
  readonly id: string;
  readonly host: string;
  /** `on-its-way`: asked for; `never`: somebody was told that it will not start. */
  state: 'on-its-way' | 'running' | 'ended' | 'never' | 'vanished';
  exitCode: number | null;
}

/** Every start of every attempt on every machine of the world. */
export class Reality {
  readonly #violate: Violate;
  readonly #attempts = new Map<string, RealAttempt>();
  /** Real attempts by instance (`<run>.<index>`). */
  readonly #byInstance = new Map<string, RealAttempt[]>();
  #records: RecordsKeeper | null = null;

  constructor(violate: Violate) {
    this.#violate = violate;
  }

  /** What the database holds. */
  compareWith(records: RecordsKeeper): void {
    this.#records = records;
  }

  /** A server asks a machine for a start. */
  asked(id: string, fence: number, host: string): RealAttempt {
    const known = this.#attempts.get(id);
    if (known !== undefined) {
      this.#violate('once', `${id} is started on ${host}, and was ${known.state} on ${known.host}`);
    }
    const record = this.#records?.attempts.get(id);
    if (record === undefined) {
      this.#violate('once', `${id} is started, and its claim is not in the database`);
    } else if (isEnd('attempt', record.state)) {
      this.#violate('once', `${id} is started, and is ${record.state} already`);
    } else if (record.fence !== fence) {
      this.#violate('once', `${id} is started under fence ${fence}, but ${record.fence} owns it`);
    }
    return this.#enter(id, host, 'on-its-way');
  }

  /** A machine says about an attempt that it does not know that it never began. */
  denied(id: string, host: string): RealAttempt {
    return this.#enter(id, host, 'never');
  }

  /** The program begins to run. */
  began(attempt: RealAttempt): void {
    attempt.state = 'running';
    for (const other of this.#byInstance.get(instanceOf(attempt.id)) ?? []) {
      if (other === attempt || other.state !== 'running') continue;
      const record = this.#records?.attempts.get(other.id);
      if (record !== undefined && !isEnd('attempt', record.state)) {
        this.#violate('once', `${attempt.id} runs beside ${other.id}, which is ${record.state}`);
      }
    }
  }

  ended(attempt: RealAttempt, exitCode: number | null): void {
    attempt.state = 'ended';
    attempt.exitCode = exitCode;
  }

  /** How often programs of a run began. */
  starts(runId: string, replicas: number): number {
    let starts = 0;
    for (let index = 0; index < replicas; index += 1) {
      const attempts = this.#byInstance.get(`${runId}.${index}`) ?? [];
      starts += attempts.filter(({ state }) => state === 'running' || state === 'ended').length;
    }
    return starts;
  }

  /** Whether a program of this instance ended well. */
  endedWell(runId: string, index: number): boolean {
    const attempts = this.#byInstance.get(`${runId}.${index}`) ?? [];
    return attempts.some(({ state, exitCode }) => state === 'ended' && exitCode === 0);
  }

  /** Attempts of these runs that run right now. */
  running(runIdStart: string): number {
    let running = 0;
    for (const attempt of this.#attempts.values()) {
      if (attempt.state === 'running' && attempt.id.startsWith(runIdStart)) running += 1;
    }
    return running;
  }

  #enter(id: string, host: string, state: 'on-its-way' | 'never'): RealAttempt {
    const attempt: RealAttempt = { id, host, state, exitCode: null };
    this.#attempts.set(id, attempt);
    const instance = instanceOf(id);
    const others = this.#byInstance.get(instance);
    if (others === undefined) this.#byInstance.set(instance, [attempt]);
    else others.push(attempt);
    return attempt;
  }
}

function instanceOf(attemptId: string): string {
  return attemptId.slice(0, attemptId.lastIndexOf('.'));
}
