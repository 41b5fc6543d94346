import { Random } from './random.ts';

/** How likely each trouble is, for each call or delivery it could strike. */
export interface Trouble {
  /** A call to the store fails and was not executed. */
  readonly failsBefore: number;
  /** It was executed and fails all the same. */
  readonly failsAfter: number;
  /** It times out at the caller; it was or will be executed. */
  readonly timesOut: number;
  /** It is answered so late that a lease may have run out. */
  readonly late: number;
  /** The server dies at this call or delivery. */
  readonly crashes: number;
  /** A report of the executor comes twice, or late. */
  readonly reportsTwice: number;
  readonly reportsLate: number;
  /** A machine refuses a start. */
  readonly refuses: number;
}

export const calm: Trouble = {
  failsBefore: 0,
  failsAfter: 0,
  timesOut: 0,
  late: 0,
  crashes: 0,
  reportsTwice: 0,
  reportsLate: 0,
  refuses: 0,
};

/** What kind of world a seed makes. */
export interface Scenario {
  readonly seed: number;
  readonly servers: number;
  readonly trouble: Trouble;
  /** Whether servers are frozen for longer than their lease. */
  readonly freezes: boolean;
  /** Largest step of a server's clock, either way; 0 = clocks are true. */
  readonly clockStepMs: number;
  /** Whether a server loses its store for a while. */
  readonly partitions: boolean;
  /** Whether machines reboot, with everything that runs on them. */
  readonly reboots: boolean;
  readonly schedules: boolean;
  /** Whether the store tells servers of each other's changes. */
  readonly watch: boolean;
  readonly leaseTtlMs: number;
  readonly unfinishedRuns: number;
  readonly maxConcurrent: number;
  readonly operations: number;
  readonly durationMs: number;
  /** A long one lets servers claim ahead of their slots, which they do for very short jobs only. */
  readonly aheadWindowMs: number;
  /** Most runs at the same time; null = any number. */
  readonly runLimit: number | null;
}

/** Derives the world from the seed alone. */
export function scenarioOf(seed: number): Scenario {
  const random = new Random(seed);
  const storm = random.pick([0, 0, 0.3, 1, 1, 2]);
  const crashes = random.pick([0, 0.5, 1, 2]);
  const servers = random.pick([1, 1, 2, 2, 3]);
  return {
    seed,
    servers,
    trouble: {
      failsBefore: 0.02 * storm,
      failsAfter: 0.02 * storm,
      timesOut: 0.01 * storm,
      late: 0.004 * storm,
      crashes: 0.003 * crashes,
      reportsTwice: random.pick([0, 0.1]),
      reportsLate: random.pick([0, 0.05]),
      refuses: random.pick([0, 0.03]),
    },
    freezes: random.chance(0.4),
    clockStepMs: random.pick([0, 0, 5_000, 60_000, 3 * 3_600_000]),
    partitions: random.chance(0.25),
    reboots: random.chance(0.25),
    schedules: random.chance(0.5),
    watch: servers > 1 && random.chance(0.5),
    leaseTtlMs: random.pick([3_000, 6_000]),
    unfinishedRuns: random.chance(0.3) ? random.int(12, 14) : 100_000,
    maxConcurrent: random.int(1, 4),
    operations: random.int(8, 26),
    durationMs: random.int(8, 30) * 1_000,
    // Drawn last, in the order they came: they leave the seeds from before them as they were.
    aheadWindowMs: random.pick([100, 100, 2_000, 8_000]),
    runLimit: random.pick([null, null, 2, 3]),
  };
}
