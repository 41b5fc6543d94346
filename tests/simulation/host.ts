import type {
  AttemptRef,
  AttemptReport,
  AttemptStart,
  Executor,
} from '../../src/ports/executor.ts';
import type { RealAttempt } from './reality.ts';
import type { ServerLife } from './server-life.ts';
import type { World } from './world.ts';

/** A program on its way, running or over, as its machine remembers it. */
interface Program {
  readonly real: RealAttempt;
  readonly spec: AttemptStart['spec'] | null;
  stopAsked: boolean;
  end: { readonly exitCode: number | null; readonly signal: string | null } | null;
}

/**
 * A machine: its clock, and the programs that run on it. They outlive the server that started
 * them, as processes do; only a reboot ends them.
 */
export class Host {
  readonly name: string;
  /** How far the machine's clock is ahead of true time. */
  #clockAheadMs = 0;
  readonly #world: World;
  readonly #programs = new Map<string, Program>();
  /** Fence under which the present server life hears of an attempt. */
  #watched = new Map<string, number>();
  #life: ServerLife | null = null;
  #sink: ((reports: readonly AttemptReport[]) => void) | null = null;
  #outbox: AttemptReport[] = [];

  constructor(world: World, name: string) {
    this.#world = world;
    this.name = name;
  }

  nowMs(): number {
    return this.#world.nowMs() + this.#clockAheadMs;
  }

  get clockAheadMs(): number {
    return this.#clockAheadMs;
  }

  set clockAheadMs(aheadMs: number) {
    this.#clockAheadMs = aheadMs;
  }

  /** The executor of one server life on this machine. */
  executorFor(life: ServerLife): Executor {
    this.#life = life;
    this.#sink = null;
    this.#watched = new Map();
    this.#outbox = [];
    return {
      name: 'scripted',
      maxConcurrent: this.#world.scenario.maxConcurrent,
      refuses: (spec) => (spec.task.argv[0] === 'impossible' ? 'nothing can run it' : null),
      open: (report) =>
        life.awaits('open', () => {
          this.#sink = report;
        }),
      start: (attempts) => {
        for (const attempt of attempts) life.calls(() => this.#start(attempt));
      },
      stop: (id) => life.calls(() => this.#stop(id)),
      adopt: (refs) => life.awaits('adopt', () => refs.forEach((ref) => this.#adopt(ref))),
      stopOthers: () =>
        life.calls(() => {
          for (const id of this.#programs.keys()) {
            if (!this.#watched.has(id)) this.#end(id);
          }
        }),
      readLog: () => Promise.resolve(null),
      remove: () => life.awaits('remove', () => {}),
      location: (id) => `${this.name}/${id}`,
      health: () => ({ ready: true, reason: '' }),
      close: () =>
        life.awaits('close', () => {
          this.#sink = null;
        }),
    };
  }

  /** The server life is over; what it had only just asked for may never arrive. */
  forgetServer(): void {
    this.#sink = null;
    this.#life = null;
    for (const program of this.#programs.values()) {
      if (program.real.state === 'on-its-way' && this.#world.random.chance(0.5)) {
        program.real.state = 'never';
      }
    }
  }

  /** Ends everything on the machine, seen by nobody. */
  reboot(): void {
    for (const { real } of this.#programs.values()) {
      if (real.state === 'running' || real.state === 'on-its-way') real.state = 'vanished';
    }
  }

  #start({ attemptId: id, fence, spec }: AttemptStart): void {
    const { random, trace, trouble, reality } = this.#world;
    const real = reality.asked(id, fence, this.name);
    trace.add(this.name, `${id} is asked for by ${this.#life?.name ?? 'nobody'}`);
    this.#watched.set(id, fence);
    const program: Program = { real, spec, stopAsked: false, end: null };
    this.#programs.set(id, program);
    if (random.chance(trouble.refuses)) {
      real.state = 'never';
      this.#report(this.#refusal(id, 'no room on the machine'));
      return;
    }
    this.#world.timeline.after(random.int(0, 20), () => {
      if (real.state !== 'on-its-way') return;
      reality.began(real);
      trace.add(this.name, `${id} runs`);
      this.#report({ ...this.#about(id), kind: 'started', pid: 1 });
      const long = spec.task.argv[0] === 'long';
      const durationMs = long ? 15_000 : random.int(10, random.pick([200, 2_000, 6_000]));
      if (program.stopAsked) this.#endSoon(program, random.int(0, 10), null);
      else this.#endSoon(program, durationMs, long || random.chance(0.75) ? 0 : random.int(0, 3));
    });
  }

  /** Exit code null: a signal ends it. */
  #endSoon(program: Program, delayMs: number, exitCode: number | null): void {
    const { timeline, reality, trace } = this.#world;
    const { real } = program;
    timeline.after(delayMs, () => {
      if (real.state !== 'running') return;
      reality.ended(real, exitCode);
      program.end = { exitCode, signal: exitCode === null ? 'SIGTERM' : null };
      trace.add(this.name, `${real.id} ends ${exitCode ?? 'by SIGTERM'}`);
      this.#report(this.#endOf(program));
    });
  }

  #stop(id: string): void {
    if (this.#watched.has(id)) this.#end(id);
  }

  #end(id: string): void {
    const program = this.#programs.get(id);
    if (program === undefined || program.stopAsked) return;
    program.stopAsked = true;
    const { random } = this.#world;
    // It ends by the signal, or well in spite of it, or only when its grace is over.
    if (program.real.state === 'running') {
      const graceMs = program.spec?.graceMs ?? 0;
      const delayMs = random.chance(0.2) ? graceMs : random.int(0, Math.min(graceMs, 300));
      this.#endSoon(program, delayMs, random.chance(0.3) ? random.int(0, 1) : null);
    }
  }

  #adopt({ attemptId: id, fence, started }: AttemptRef): void {
    this.#watched.set(id, fence);
    const program = this.#programs.get(id);
    const state = program?.real.state;
    if (program === undefined || state === undefined || state === 'never') {
      if (program === undefined) {
        const real = this.#world.reality.denied(id, this.name);
        this.#programs.set(id, { real, spec: null, stopAsked: false, end: null });
      }
      if (started) this.#report({ ...this.#about(id), kind: 'lost', message: 'nothing is known' });
      else this.#report(this.#refusal(id, 'the server stopped before the start'));
    } else if (state === 'vanished') {
      this.#report({ ...this.#about(id), kind: 'lost', message: 'nobody saw how it ended' });
    } else if (state === 'running') {
      this.#report({ ...this.#about(id), kind: 'started', pid: 1 });
    } else if (state === 'ended') {
      this.#report(this.#endOf(program));
    }
  }

  #about(id: string): { attemptId: string; fence: number; atMs: number } {
    return { attemptId: id, fence: this.#watched.get(id) ?? 0, atMs: this.nowMs() };
  }

  #refusal(id: string, message: string): AttemptReport {
    return { ...this.#about(id), kind: 'refused', message };
  }

  #endOf({ real, end, stopAsked }: Program): AttemptReport {
    const { exitCode, signal } = end ?? { exitCode: null, signal: 'SIGKILL' };
    const about = this.#about(real.id);
    return { ...about, kind: 'ended', exitCode, signal, stopped: stopAsked, message: '' };
  }

  /** Tells the present server, if it watches the attempt: in order, but late or twice at times. */
  #report(report: AttemptReport): void {
    const life = this.#life;
    if (life === null || !this.#watched.has(report.attemptId)) return;
    const { random, trouble } = this.#world;
    if (random.chance(trouble.reportsTwice)) {
      const copy = { ...report };
      this.#world.timeline.after(random.int(1, 3_000), () => this.#send(life, copy));
    }
    this.#send(life, report);
  }

  #send(life: ServerLife, report: AttemptReport): void {
    if (life !== this.#life) return;
    this.#outbox.push(report);
    if (this.#outbox.length > 1) return;
    const { random, trouble } = this.#world;
    const delayMs = random.chance(trouble.reportsLate) ? random.int(500, 5_000) : random.int(0, 3);
    life.deliver(delayMs, () => {
      const reports = this.#outbox;
      this.#outbox = [];
      this.#sink?.(reports);
    });
  }
}
