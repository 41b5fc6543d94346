/** What lies on the disk for data jobs, below one folder (`<data folder>/transfers`). */
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import type { TransferFailure } from '../../domain/transfer/report.ts';
import type { TransferWork } from '../../ports/transfers.ts';
import { isAttemptId } from '../attempts/folder.ts';

/** Which worker of which run an attempt is. */
export interface WorkerName {
  readonly runId: string;
  /** 0-based instance. */
  readonly index: number;
  /** 1-based attempt. */
  readonly number: number;
}

/** What a worker is given, once. Holds secrets. */
export interface WorkFile extends WorkerName {
  readonly attemptId: string;
  /** Instances of the run. */
  readonly replicas: number;
  /** Zone of the job. */
  readonly timezone: string;
  readonly work: TransferWork;
  /** What connectors are allowed, from the server's configuration. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** How a worker ended, besides its exit code. */
export interface Outcome {
  /** Another try would fail the same way. */
  readonly final: boolean;
  readonly failure: TransferFailure;
}

/** Exit codes of a worker. */
export const exitCodes = {
  done: 0,
  /** An `Outcome` says more. */
  failed: 1,
  /** Ended by a signal that was no stop of ours; the state is whole, another attempt goes on. */
  interrupted: 75,
  stopped: 143,
} as const;

const stateName = 'state.db';

/** Files and folders of all runs below `root`. */
export class TransferFolders {
  readonly root: string;

  constructor(root: string) {
    this.root = path.resolve(root);
  }

  /** Folder of a run's state; ids that can name no folder are told by a digest. */
  run(runId: string): string {
    const name = isAttemptId(runId)
      ? runId
      : `-${createHash('sha256').update(runId).digest('hex')}`;
    return path.join(this.root, 'runs', name);
  }

  state(runId: string): string {
    return stateFile(this.run(runId));
  }

  /** Notes which worker an attempt is and lays out what it is given. @throws Error of the file system. */
  begin(file: WorkFile): void {
    const folder = this.run(file.runId);
    fs.mkdirSync(path.join(folder, 'attempts'), { recursive: true, mode: 0o700 });
    fs.mkdirSync(this.#names(), { recursive: true, mode: 0o700 });
    const { runId, index, number, attemptId } = file;
    const name: WorkerName = { runId, index, number };
    fs.writeFileSync(path.join(folder, 'attempts', attemptId), '');
    fs.writeFileSync(path.join(this.#names(), attemptId), JSON.stringify(name), { mode: 0o600 });
    writePrivately(workFile(folder, name), JSON.stringify(file));
  }

  /** Which worker an attempt is; null when it is none of ours. */
  worker(attemptId: string): WorkerName | null {
    if (!isAttemptId(attemptId)) return null;
    return readJson<WorkerName>(path.join(this.#names(), attemptId));
  }

  /** The attempt has ended: secrets that it did not take go. @returns how it said that it ended. */
  end(name: WorkerName): Outcome | null {
    const folder = this.run(name.runId);
    fs.rmSync(workFile(folder, name), { force: true });
    return readJson<Outcome>(outcomeFile(folder, name));
  }

  /** Forgets an attempt, and its run with the last of them. @returns the run that is gone. */
  remove(attemptId: string): string | null {
    const name = this.worker(attemptId);
    if (name === null) return null;
    const folder = this.run(name.runId);
    fs.rmSync(path.join(folder, 'attempts', attemptId), { force: true });
    const left = fs.existsSync(path.join(folder, 'attempts'))
      ? fs.readdirSync(path.join(folder, 'attempts')).length
      : 0;
    if (left === 0) fs.rmSync(folder, { recursive: true, force: true });
    fs.rmSync(path.join(this.#names(), attemptId), { force: true });
    return left === 0 ? name.runId : null;
  }

  #names(): string {
    return path.join(this.root, 'names');
  }
}

/** The database of a run's state. */
export function stateFile(runFolder: string): string {
  return path.join(runFolder, stateName);
}

/** Takes what a worker is given; the file is gone afterwards. @throws Error when it is not there. */
export function takeWork(runFolder: string, name: Pick<WorkerName, 'index' | 'number'>): WorkFile {
  const file = workFile(runFolder, name);
  const text = fs.readFileSync(file, 'utf8');
  fs.rmSync(file, { force: true });
  return JSON.parse(text) as WorkFile;
}

/** Leaves word of how the worker ended. */
export function writeOutcome(
  runFolder: string,
  name: Pick<WorkerName, 'index' | 'number'>,
  outcome: Outcome,
): void {
  writePrivately(outcomeFile(runFolder, name), JSON.stringify(outcome));
}

function workFile(folder: string, { index, number }: Pick<WorkerName, 'index' | 'number'>): string {
  return path.join(folder, `work-${index}-${number}.json`);
}

function outcomeFile(
  folder: string,
  { index, number }: Pick<WorkerName, 'index' | 'number'>,
): string {
  return path.join(folder, `outcome-${index}-${number}.json`);
}

/** Appears whole or not at all, for the owner alone. */
function writePrivately(file: string, text: string): void {
  const beside = `${file}.${randomBytes(6).toString('hex')}`;
  fs.writeFileSync(beside, text, { mode: 0o600, flush: true });
  fs.renameSync(beside, file);
}

function readJson<T>(file: string): T | null {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as T;
  } catch {
    return null;
  }
}
