import type { Call } from '../aliyun/operation.ts';
import { failures } from './errors.ts';
import type { Job } from './jobs.ts';

/** A worker as lists show it. */
export interface ShownWorker {
  readonly Ip: string;
  readonly Port: number;
  readonly Label: string;
  readonly Starter: string;
  readonly Version: string;
  readonly WorkerAddress: string;
}

/**
 * This server as the worker that runs scripts and http of every application. Its address is the one
 * the caller reached it by.
 */
export function builtInWorker({ host }: Pick<Call, 'host'>): ShownWorker {
  const match = /^(.*?)(?::(\d{1,5}))?$/.exec(host.trim());
  const ip = match?.[1] === undefined || match[1] === '' ? '127.0.0.1' : match[1];
  const port = Number(match?.[2] ?? 80);
  return {
    Ip: ip,
    Port: port,
    Label: '',
    Starter: 'longshore',
    Version: 'built-in',
    WorkerAddress: `longshore@${ip}:${port}`,
  };
}

/** Whether jobs of this kind run on the built-in worker, which is the only one they have. */
export function isBuiltIn({ template }: Pick<Job, 'template'>): boolean {
  return template.spec.task.artifact.kind !== 'worker';
}

/**
 * Scripts and http have one worker: naming it changes nothing, naming another cannot be done.
 * @param name of the parameter that names workers or labels.
 * @throws WireError business failure.
 */
export function requireBuiltIn(
  job: Job,
  call: Pick<Call, 'host'>,
  name: string,
  values: readonly string[],
): void {
  const { Ip, Port, WorkerAddress } = builtInWorker(call);
  const known = [Ip, `${Ip}:${Port}`, WorkerAddress];
  if (values.every((value) => known.includes(value) || value.startsWith('longshore@'))) return;
  const type = job.document.given['JobType'] ?? '';
  throw failures.unfit(name, `${type} jobs run on the built-in worker`);
}
