import type { WorkerGroup, WorkerGroups } from '../../../ports/workers.ts';
import type { AddressRules, ExecutorAddress } from './addresses.ts';
import { codes, readRegistry } from './protocol.ts';
import { type Registration, type Registry, sameText, workerAddress } from './registry.ts';

/** One token for executors of all groups, as installations of the original have it. */
export interface GlobalToken {
  readonly token: string;
  /** The group of that name or alias; null when there is none. */
  groupNamed(name: string): Promise<WorkerGroup | null>;
}

/** What an executor is answered; becomes a reply. */
export interface Answer {
  readonly code: number;
  readonly message: string;
}

/** Who calls the admin side, and what they show. */
export interface Caller {
  readonly ip: string;
  /** Access token; empty = none was shown. */
  readonly token: string;
  /** Name that executors since 3.5 give with every call; null = none. */
  readonly appName: string | null;
}

export const accepted: Answer = { code: codes.success, message: '' };
export const wrongToken: Answer = {
  code: codes.failure,
  message:
    "The access token is wrong. Set xxl.job.accessToken to the AppKey of the executor's app group.",
};

/** Admits executors: who they are, whether they may, and whether their address will be called. */
export class Enrollment {
  readonly #groups: WorkerGroups;
  readonly #globalToken: GlobalToken | null;
  readonly #rules: AddressRules;
  readonly #registry: Registry;

  constructor(
    groups: WorkerGroups,
    globalToken: GlobalToken | null,
    rules: AddressRules,
    registry: Registry,
  ) {
    this.#groups = groups;
    this.#globalToken = globalToken;
    this.#rules = rules;
    this.#registry = registry;
  }

  /** Enters or renews an executor (workers.md §1.3). @returns with it, when it was entered. */
  async register(
    body: unknown,
    caller: Caller,
  ): Promise<Answer & { readonly here?: Registration }> {
    const asked = await this.#identify(body, caller);
    if ('code' in asked) return asked;
    const { group, address } = asked;
    const { token, appName } = caller;
    const here = { group: group.number, ...address, token, appName };
    if (this.#registry.put(here)) return { ...accepted, here };
    return { code: codes.failure, message: 'there are too many executors; take some off' };
  }

  /** Takes an executor off. @returns with where it was, when it was taken off. */
  async unregister(
    body: unknown,
    caller: Caller,
  ): Promise<Answer & { readonly gone?: { readonly group: number; readonly address: string } }> {
    const asked = await this.#identify(body, caller);
    if ('code' in asked) return asked;
    const { group, address } = asked;
    this.#registry.remove(group.number, address);
    const gone = { group: group.number, address: workerAddress(address.ip, address.port) };
    return { ...accepted, gone };
  }

  /** Whether the caller may tell about dispatches of this group. */
  async maySpeakFor(group: number, { token }: Caller): Promise<boolean> {
    if (this.#registry.hasToken(group, token) || this.#isGlobal(token)) return true;
    const known = await this.#groups.byNumber(group);
    if (known === null) return false;
    const found = await this.#groups.authenticate(known.name, known.namespace, token);
    return typeof found !== 'string' && found.number === group;
  }

  async #identify(
    body: unknown,
    caller: Caller,
  ): Promise<Answer | { readonly group: WorkerGroup; readonly address: ExecutorAddress }> {
    const request = readRegistry(body);
    if (request === null) {
      return refused('registryGroup must be EXECUTOR, registryKey and registryValue must be given');
    }
    const group = this.#isGlobal(caller.token)
      ? ((await this.#globalToken?.groupNamed(request.key)) ?? 'unknown-group')
      : await this.#groups.authenticate(request.key, null, caller.token);
    if (group === 'wrong-key') return wrongToken;
    if (group === 'unknown-group') {
      return refused(
        `no app group is called ${JSON.stringify(request.key.slice(0, 200))}; create it, or set xxl.job.executor.appname to its GroupId`,
      );
    }
    const address = this.#rules.read(request.value, caller.ip);
    return 'problem' in address ? refused(address.problem) : { group, address };
  }

  #isGlobal(token: string): boolean {
    const known = this.#globalToken?.token ?? '';
    return known !== '' && sameText(known, token);
  }
}

function refused(message: string): Answer {
  return { code: codes.failure, message };
}
