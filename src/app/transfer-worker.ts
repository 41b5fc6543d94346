/** Entry of a worker of a data job: `node transfer-worker <run folder> <index> <attempt number>`. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { exitCodes, stateFile, takeWork, writeOutcome } from '../executors/transfer/folders.ts';
import { closeMs } from '../executors/transfer/limits.ts';
import { openRunState } from '../executors/transfer/state/state.ts';
import { failureOf, faultOf } from '../executors/transfer/worker/failure.ts';
import { Care } from '../executors/transfer/worker/care.ts';
import { Live, type WorkerParts } from '../executors/transfer/worker/parts.ts';
import { Throttle } from '../executors/transfer/worker/throttle.ts';
import { runWorker, type StopReason } from '../executors/transfer/worker/worker.ts';
import { type ConnectorSettings, jobConnectors } from './connectors.ts';

const [runFolder = '', indexText = '', numberText = ''] = process.argv.slice(2);
const name = { index: Number(indexText), number: Number(numberText) };
process.exitCode = await main();
// Everything is closed; a connection that hangs must not keep the worker.
setTimeout(() => process.exit(), closeMs).unref();

async function main(): Promise<number> {
  const stop = new AbortController();
  const end = (): void => stop.abort(stopReason());
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  try {
    const file = takeWork(runFolder, name);
    const nowMs = (): number => Date.now();
    const me = `${name.index}.${name.number}`;
    const connectors = jobConnectors(file.work, file.context as unknown as ConnectorSettings, {
      nowMs,
      scratchRoot: path.join(runFolder, 'scratch'),
    });
    const state = openRunState(stateFile(runFolder), me, nowMs);
    const parts: WorkerParts = {
      runId: file.runId,
      index: name.index,
      replicas: file.replicas,
      me,
      work: file.work,
      definition: file.work.definition,
      ...connectors,
      timezone: file.timezone,
      state,
      throttle: new Throttle(file.work.definition.throttle, nowMs),
      live: new Live(),
      care: new Care(),
      nowMs,
      say: (line) => process.stdout.write(`${new Date().toISOString()} ${line}\n`),
    };
    try {
      const how = await runWorker(parts, stop.signal);
      if (how.kind === 'done') return exitCodes.done;
      if (how.kind === 'interrupted') return exitCodes.interrupted;
      writeOutcome(runFolder, name, { final: true, failure: how.failure });
      return how.failure.code === 'stopped' ? exitCodes.stopped : exitCodes.failed;
    } finally {
      state.close();
    }
  } catch (error) {
    const fault = faultOf(error, null);
    process.stderr.write(`${fault.message}\n${fault.details}\n`);
    // A defect or a machine in trouble: another attempt goes on where this one stood.
    try {
      writeOutcome(runFolder, name, { final: false, failure: failureOf(fault) });
    } catch {
      // E.g. a full disk: the words above are in the log of the attempt.
    }
    return exitCodes.failed;
  }
}

/** A stop that was asked for has left word in the attempt's folder; else the machine goes down. */
function stopReason(): StopReason {
  const folder = process.env['LONGSHORE_ATTEMPT_FOLDER'];
  return folder === undefined || existsSync(path.join(folder, 'stop')) ? 'stopped' : 'interrupted';
}
