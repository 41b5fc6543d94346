import { fork } from 'node:child_process';
import { once } from 'node:events';

/** How long a call to a child may take unless it says otherwise. */
const CALL_DEADLINE_MS = 180_000;
/** How long a child may take to end by itself. */
const STOP_DEADLINE_MS = 30_000;

/** What a child process answers; keys are the calls. */
export type Calls = Readonly<Record<string, (argument: never) => Promise<unknown>>>;

interface Question {
  readonly id: number;
  readonly call: string;
  readonly argument: unknown;
}

type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

/** A part of a bench in a process of its own, so that what is compared shares no heap and no loop. */
export interface BenchChild<C extends Calls> {
  readonly pid: number;
  /** @throws Error when the child fails, ends, or does not answer within the deadline. */
  call<N extends keyof C & string>(
    name: N,
    argument?: Parameters<C[N]>[0],
    deadlineMs?: number,
  ): Promise<Awaited<ReturnType<C[N]>>>;
  /** Calls `close`, if the child knows it, and waits for the end; kills it when that takes too long. */
  stop(): Promise<void>;
}

/** Starts a program that ends in `answerCalls`; `startedWith` is what it gets from `childArgument`. */
export function startChild<C extends Calls>(
  file: string,
  startedWith: unknown,
  nodeArgs: readonly string[] = [],
): BenchChild<C> {
  const child = fork(file, [JSON.stringify(startedWith)], {
    execArgv: [...nodeArgs],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let lastId = 0;
  const open = new Map<number, (answer: Answer) => void>();
  child.on('message', (answer: Answer) => open.get(answer.id)?.(answer));
  child.on('exit', (code, signal) => {
    const error = `the process of ${file} ended (${signal ?? code}) with a call under way`;
    for (const [id, settle] of open) settle({ id, error });
  });

  const ask = (call: string, argument: unknown, deadlineMs: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = (lastId += 1);
      const settle = (answer: Answer): void => {
        clearTimeout(timer);
        open.delete(id);
        if ('error' in answer) reject(new Error(answer.error));
        else resolve(answer.value);
      };
      const error = `${file} did not answer "${call}" within ${deadlineMs} ms`;
      const timer = setTimeout(() => settle({ id, error }), deadlineMs);
      open.set(id, settle);
      if (child.connected) child.send({ id, call, argument } satisfies Question);
      else settle({ id, error: `${file} has ended already` });
    });

  return {
    pid: child.pid ?? 0,
    call<N extends keyof C & string>(
      name: N,
      argument?: Parameters<C[N]>[0],
      deadlineMs = CALL_DEADLINE_MS,
    ) {
      return ask(name, argument, deadlineMs) as Promise<Awaited<ReturnType<C[N]>>>;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
      await ask('close', null, STOP_DEADLINE_MS).catch(() => undefined);
      if (child.connected) child.disconnect();
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The argument this child was started with. */
export function childArgument<T>(): T {
  return JSON.parse(process.argv[2] ?? 'null') as T;
}

/** Answers the parent's calls; the process ends when the parent lets go. */
export function answerCalls(calls: Calls): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', ({ id, call, argument }: Question) => {
    const answered = async (): Promise<unknown> => {
      const made = calls[call];
      if (made === undefined) throw new Error(`this child does not know the call "${call}"`);
      return made(argument as never);
    };
    answered().then(
      (value) => process.send?.({ id, value }),
      (error: unknown) => {
        process.send?.({ id, error: error instanceof Error ? (error.stack ?? '') : String(error) });
      },
    );
  });
}
