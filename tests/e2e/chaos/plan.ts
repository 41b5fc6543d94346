import { Random } from '../../simulation/random.ts';

/** Where a chaos run keeps its state. */
export type StoreName = 'sqlite' | 'postgres';

/** Shortest lease that a busy machine holds without trouble. */
export const leaseTtlMs = 2_000;

/** One disturbance. `machine` is an index; times are milliseconds. */
export type Fault =
  /** `kill -9` of the server, `afterMs` after it was started last, and a start `downMs` later. */
  | {
      readonly kind: 'kill';
      readonly machine: number;
      /** True: counted from the spawn, so that it may strike while the server is still starting. */
      readonly early: boolean;
      readonly afterMs: number;
      readonly downMs: number;
    }
  /** SIGSTOP for longer than the lease, then SIGCONT. */
  | { readonly kind: 'freeze'; readonly machine: number; readonly forMs: number }
  | { readonly kind: 'kill-supervisor'; readonly machine: number }
  /** Every process of the database is killed; it starts again `downMs` later. */
  | { readonly kind: 'crash-database'; readonly downMs: number }
  /** The clock that a server sees is `offsetMs` ahead of the true one from here on. */
  | { readonly kind: 'step-clock'; readonly machine: number; readonly offsetMs: number };

/** Kills of a server for each fault of another kind, about. */
const killsPerOther: Readonly<Record<Exclude<Fault['kind'], 'kill'>, number>> = {
  freeze: 12,
  'kill-supervisor': 8,
  'crash-database': 12,
  'step-clock': 8,
};
/** Largest steps of a clock: far below the 15 minutes in which a signature must be used. */
const stepMs = { back: -6_000, ahead: 3_000 } as const;

/** What happens in a run: `kills` kills and, in between, each other kind at least once. Pure. */
export function planFaults(
  seed: number,
  kills: number,
  store: StoreName,
  machines: number,
): readonly Fault[] {
  const random = new Random(seed);
  const faults: Fault[] = [];
  const machine = (): number => random.int(0, machines - 1);
  for (let n = 0; n < kills; n += 1) faults.push(kill(random, machine(), store));
  const others = (kind: keyof typeof killsPerOther, make: () => Fault): void => {
    const times = Math.ceil(kills / killsPerOther[kind]);
    for (let n = 0; n < times; n += 1) faults.splice(random.int(0, faults.length), 0, make());
  };
  others('freeze', () => ({
    kind: 'freeze',
    machine: machine(),
    forMs: leaseTtlMs + random.int(300, 1_000),
  }));
  others('kill-supervisor', () => ({ kind: 'kill-supervisor', machine: machine() }));
  others('step-clock', () => ({
    kind: 'step-clock',
    machine: machine(),
    offsetMs: random.int(stepMs.back, stepMs.ahead),
  }));
  if (store === 'postgres') {
    others('crash-database', () => ({ kind: 'crash-database', downMs: random.int(0, 400) }));
  }
  return faults;
}

function kill(random: Random, machine: number, store: StoreName): Fault {
  const early = random.chance(0.2);
  // With another server at work a dead one may be given up; alone it is only missed.
  const longDown = store === 'postgres' && random.chance(0.1);
  return {
    kind: 'kill',
    machine,
    early,
    afterMs: early ? random.int(150, 700) : random.int(20, 700),
    downMs: longDown ? leaseTtlMs + random.int(200, 700) : 0,
  };
}

/** The fault in a few words, for progress and failures. */
export function describeFault(fault: Fault): string {
  const { kind, ...details } = fault;
  const words = Object.entries(details).map(([name, value]) => `${name}=${value}`);
  return `${kind} ${words.join(' ')}`;
}
