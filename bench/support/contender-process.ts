import { answerCalls, childArgument } from './child.ts';
import type { Contender, ContenderOptions } from './contender.ts';
import { longshore } from './longshore-contender.ts';
import { Rounds } from './rounds.ts';

/** What a process of one contender is told when it starts. */
export interface ContenderArgument {
  readonly name: ContenderName;
  /** See `ContenderOptions`. */
  readonly at: string;
  readonly concurrency: number;
}

/** Every queue that can be measured. */
export type ContenderName =
  | 'longshore-sqlite'
  | 'longshore-postgres'
  | 'graphile'
  | 'graphile-batched'
  | 'pg-boss'
  | 'bullmq';

/** Peers are loaded only where they are wanted: their packages may not be installed. */
async function make(name: ContenderName, options: ContenderOptions): Promise<Contender> {
  switch (name) {
    case 'longshore-sqlite':
      return longshore('sqlite', options);
    case 'longshore-postgres':
      return longshore('postgres', options);
    case 'graphile':
    case 'graphile-batched': {
      const { graphile } = await import('../peers/graphile.ts');
      return graphile(options, name === 'graphile-batched');
    }
    case 'pg-boss':
      return (await import('../peers/pg-boss.ts')).pgBoss(options);
    case 'bullmq':
      return (await import('../peers/bullmq.ts')).bullmq(options);
  }
}

const { name, at, concurrency } = childArgument<ContenderArgument>();
const rounds: Rounds = new Rounds(
  await make(name, { at, concurrency, onStart: (id) => rounds.started(id) }),
);

const calls = {
  open: () => rounds.open(),
  drain: (count: number) => rounds.drain(count),
  steady: (count: number) => rounds.steady(count),
  latency: ({ count, everyMs }: { count: number; everyMs: number }) =>
    rounds.latency(count, everyMs),
  close: () => rounds.close(),
};

/** What a parent can ask of a contender's process. */
export type ContenderCalls = typeof calls;

answerCalls(calls);
