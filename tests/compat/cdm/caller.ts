import assert from 'node:assert/strict';
import { until } from '../../support/until.ts';
import type { Sdk, SdkAnswer } from '../sdk.ts';
import { bent, missingIn, setIn } from './members.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** What differs between the SDKs of languages. */
export interface Language {
  readonly name: string;
  /** Operations of the contract that the SDK of this version does not have. */
  readonly unsupported: readonly string[];
  /** Members of answers that its types have no place for, as `Operation.path`. */
  readonly unknownMembers: readonly string[];
  /** Members that its types declare and all answers lack; null where the language cannot tell. */
  readonly unsetMembers: readonly string[] | null;
}

/** What calls showed, besides that they went as they should. */
export interface Findings {
  readonly called: ReadonlySet<string>;
  readonly unsupported: ReadonlySet<string>;
  readonly unknownMembers: ReadonlySet<string>;
  readonly unsetMembers: ReadonlySet<string>;
}

/** Calls through one SDK; each answer is compared with its types. */
export class Caller {
  readonly #sdk: Sdk;
  readonly #called = new Set<string>();
  readonly #unsupported = new Set<string>();
  readonly #unknown = new Set<string>();
  readonly #unset = new Set<string>();
  readonly #set = new Set<string>();

  constructor(sdk: Sdk) {
    this.#sdk = sdk;
  }

  get findings(): Findings {
    return {
      called: this.#called,
      unsupported: this.#unsupported,
      unknownMembers: this.#unknown,
      unsetMembers: new Set([...this.#unset].filter((path) => !this.#set.has(path))),
    };
  }

  /** The typed answer of a call that must succeed; an empty one where the SDK lacks it. */
  async call(action: string, params: Fields): Promise<Fields> {
    const answer = await this.#answer(action, params);
    if (answer === null) return {};
    assert.ok(!('error' in answer), `${action} failed: ${JSON.stringify(answer)}`);
    const { typed, raw, mistyped, unset = [] } = answer;
    assert.deepEqual([...mistyped, ...bent(typed, raw)], [], `${action}: members of a wrong type`);
    for (const path of missingIn(typed, raw)) this.#unknown.add(`${action}.${path}`);
    for (const path of unset) this.#unset.add(path.replace(/^body/, action));
    for (const path of setIn(raw)) this.#set.add(`${action}.${path}`);
    return typed;
  }

  /** Asks until the typed answer is as wanted; only for what changes by itself. */
  async eventually(
    what: string,
    action: string,
    params: Fields,
    isWanted: (typed: Fields) => boolean,
  ): Promise<Fields> {
    let last: Fields = {};
    await until(what, async () => {
      last = await this.call(action, params);
      return isWanted(last);
    });
    return last;
  }

  /** A call that must fail: what the SDK's error holds of code, status, request id and text. */
  async refused(
    action: string,
    params: Fields,
    code: string,
    status: number,
    message = /./,
  ): Promise<void> {
    const answer = await this.#answer(action, params);
    if (answer === null) return;
    assert.ok('error' in answer, `${action} succeeded: ${JSON.stringify(answer)}`);
    const { error } = answer;
    assert.deepEqual([error.code, error.status], [code, status], `${action}: ${error.message}`);
    assert.match(error.message, message, action);
    assert.match(error.requestId ?? '', /^[0-9a-f]{32}$/, `${action}: no request id`);
  }

  async #answer(
    action: string,
    params: Fields,
  ): Promise<Exclude<SdkAnswer, { unsupported: true }> | null> {
    const answer = await this.#sdk.call(action, params);
    if ('unsupported' in answer) {
      this.#unsupported.add(action);
      return null;
    }
    this.#called.add(action);
    return answer;
  }
}

/** The value at a dotted path, a number being an index. @throws AssertionError when it is not there. */
export function at(holder: unknown, path: string): unknown {
  const value = path.split('.').reduce<unknown>((inner, name) => {
    if (typeof inner !== 'object' || inner === null) return undefined;
    return (inner as Fields)[name];
  }, holder);
  assert.ok(value !== undefined && value !== null, `no ${path} in ${JSON.stringify(holder)}`);
  return value;
}

/** The rows at a dotted path. */
export function rows(holder: unknown, path: string): readonly Fields[] {
  const value = at(holder, path);
  assert.ok(Array.isArray(value), `${path} is no list in ${JSON.stringify(holder)}`);
  return value as readonly Fields[];
}
