import type { Call } from '../aliyun/operation.ts';

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
