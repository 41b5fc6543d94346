import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WorkerGroup } from '../../../ports/workers.ts';
import { type Checked, describeRefusal } from './enrollment.ts';

/** What the endpoints ask of the executor. */
export interface BootstrapSide {
  /** @param namespace null or empty = any. @throws what the groups throw. */
  checkKey(name: string, namespace: string | null, key: string): Promise<Checked>;
  /** `host:port` for a worker that asked this host; null while it cannot be told. */
  leaderAddress(host: string): string | null;
  /** Addresses of a group's workers, for a caller from the address of one of them; else none. */
  addressesFor(group: number, ip: string): readonly string[];
}

interface Answer {
  readonly success: boolean;
  readonly code: number;
  readonly requestId: string;
  readonly message?: string;
  readonly data?: unknown;
}

/** Figures of a group that a worker reads and that mean nothing to it here. */
const groupDefaults = { maxJobs: 1_000, status: 1, enableLog: false, logConfigId: 0, version: 2 };

/**
 * Mounts the endpoints that a worker asks while it starts, and every 5 s (workers.md §2.1). The
 * status is always 200: a worker reads nothing else. Replies hold what the caller gave, nothing
 * that only others know.
 */
export function mountSchedulerxWorkers(scope: FastifyInstance, executor: BootstrapSide): void {
  scope.get('/schedulerx2/consolelist', (request, reply) =>
    // The worker goes on with the host that it asked.
    reply.type('text/plain; charset=utf-8').send(request.host),
  );
  scope.get('/worker/v1/appgroup/getLeaderAddr', (request) =>
    withGroup(executor, request, () => {
      const address = executor.leaderAddress(request.host);
      // Never a success without an address: the worker's process would end.
      return address === null ? refusal(500, 'workers cannot connect now') : success(address);
    }),
  );
  scope.get('/worker/v1/appgroup/getId', (request) =>
    withGroup(executor, request, ({ number }) => success(String(number))),
  );
  scope.get('/worker/v1/appgroup/get', (request) =>
    withGroup(executor, request, ({ number, name, alias, namespace }, { key }) =>
      success({
        id: number,
        groupId: name,
        appName: alias === '' ? name : alias,
        appKey: key,
        namespaceId: namespace,
        ...groupDefaults,
        logConfigInfo: null,
      }),
    ),
  );
  // Only for second_delay, which is never told to a worker here; there is no key in it.
  scope.get('/app/getAllUsefulWorkerList.json', (request) => {
    const group = Number(parameter(request, 'appGroupId'));
    const ip = request.ip.replace(/^::ffff:/, '');
    return success(Number.isSafeInteger(group) ? executor.addressesFor(group, ip) : []);
  });
}

interface Credentials {
  readonly name: string;
  readonly key: string;
}

async function withGroup(
  executor: BootstrapSide,
  request: FastifyRequest,
  answer: (group: WorkerGroup, credentials: Credentials) => Answer,
): Promise<Answer> {
  const name = parameter(request, 'groupId');
  // Without a namespace the worker misspells it.
  const key = parameter(request, 'appKey') || parameter(request, 'appKeys');
  const checked = await executor.checkKey(name, parameter(request, 'namespace'), key);
  if (typeof checked === 'string') return refusal(400, describeRefusal(checked, name));
  return answer(checked, { name, key });
}

function parameter(request: FastifyRequest, name: string): string {
  const value = (request.query as Readonly<Record<string, unknown>>)[name];
  const [first] = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  return typeof first === 'string' ? first : '';
}

function success(data: unknown): Answer {
  return { success: true, code: 200, requestId: randomUUID(), data };
}

function refusal(code: number, message: string): Answer {
  return { success: false, code, requestId: randomUUID(), message };
}
