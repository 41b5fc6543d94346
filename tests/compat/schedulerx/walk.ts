import assert from 'node:assert/strict';
import type { DialectContext } from '../../../src/dialects/kit/dialect.ts';
import { createSchedulerxProduct } from '../../../src/dialects/schedulerx/index.ts';
import { until } from '../../support/until.ts';
import type { Sdk, SdkAnswer } from '../sdk.ts';
import { assertRefused } from '../scenario.ts';
import type { Step } from './step.ts';
import { steps } from './steps.ts';

type Fields = Readonly<Record<string, unknown>>;
type Success = Extract<SdkAnswer, { raw: unknown }>;

/** Steps that went wrong after which the rest is not worth waiting for. */
const maxWrong = 20;
/** Operations of the contract (schedulerx.md §4). */
const operationCount = 61;

/** Members that only failures have (schedulerx.md §2). */
const ofFailures = /^body\.(message|access_denied_detail)$/;

/** What differs between the SDKs of languages. */
export interface Language {
  readonly name: string;
  /** Operations of the contract that the SDK of this version does not have. */
  readonly unsupported: readonly string[];
  /** Members of answers that its types have no place for, as `Operation.path`. */
  readonly unknownMembers: readonly string[];
  /** Members that its types declare and successful answers lack, as `Operation.path`. */
  readonly unsetMembers: readonly string[];
  /** Whether the SDK sends no parameter whose value is empty. */
  readonly omitsEmpty?: true;
  /** Whether it refuses requests that lack a parameter before it sends them. */
  readonly validates?: true;
}

/** What a walk through all steps showed. */
interface Walk {
  readonly unsupported: ReadonlySet<string>;
  readonly unknownMembers: ReadonlySet<string>;
  readonly unsetMembers: ReadonlySet<string>;
}

/**
 * Goes through every step with one SDK. What a step needs of an earlier one is read from the
 * typed answer, never from the wire. All steps that go wrong are told, not only the first.
 */
export async function compare(sdk: Sdk, language: Language): Promise<void> {
  const { operations } = createSchedulerxProduct({} as DialectContext);
  const walked = new Set(steps.map(({ action }) => action));
  const names = operations.map(({ name }) => name);
  assert.deepEqual(
    sorted(walked),
    sorted(names),
    'operations that no step calls, or that are none',
  );
  assert.equal(walked.size, operationCount);

  const walk = {
    unsupported: new Set<string>(),
    unknownMembers: new Set<string>(),
    unsetMembers: new Set<string>(),
  };
  const kept: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const [index, step] of steps.entries()) {
    if (step.after !== undefined && walk.unsupported.has(step.after)) continue;
    if (step.sendsEmpty === true && language.omitsEmpty === true) continue;
    if (step.incomplete === true && language.validates === true) continue;
    if (wrong.length >= maxWrong) break;
    try {
      await take(sdk, step, kept, walk, language);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : null;
      wrong.push(
        `step ${index} ${step.action}: ${text}${cause === null ? '' : `: ${cause.message}`}`,
      );
    }
  }
  // Together, so that a failed step does not hide what the types have no place for.
  assert.deepEqual(
    {
      wrong,
      unsupported: sorted(walk.unsupported),
      unknownMembers: sorted(walk.unknownMembers),
      unsetMembers: sorted(walk.unsetMembers),
    },
    {
      wrong: [],
      unsupported: sorted(language.unsupported),
      unknownMembers: sorted(language.unknownMembers),
      unsetMembers: sorted(language.unsetMembers),
    },
  );
}

async function take(
  sdk: Sdk,
  step: Step,
  kept: Record<string, unknown>,
  walk: { [Name in keyof Walk]: Set<string> },
  { unknownMembers }: Language,
): Promise<void> {
  const { action } = step;
  const params = filled(step.params, kept) as Fields;
  const once = async (): Promise<Success | null> => {
    const answer = await sdk.call(action, params);
    if ('unsupported' in answer) {
      walk.unsupported.add(action);
      return null;
    }
    if (step.refused !== undefined) {
      assertRefused(action, answer, step.refused.code, step.refused.status);
      return null;
    }
    assert.ok(!('error' in answer), `it failed: ${JSON.stringify(answer)}`);
    checkEnvelope(step, answer);
    for (const [path, expected] of Object.entries(step.answers ?? {})) {
      // What the types have no place for cannot be seen through them.
      if (unknownMembers.includes(`${action}.${path.replaceAll(/\.\d+/g, '[]')}`)) continue;
      const seen = valueAt(answer.typed, path);
      const place: string = `${path} in ${JSON.stringify(answer.typed)}`;
      if (expected instanceof RegExp) assert.match(String(seen), expected, place);
      else assert.deepEqual(seen, filled(expected, kept), `${place}: ${JSON.stringify(expected)}`);
    }
    return answer;
  };
  // Only what changes by itself is asked again; a wrong answer of the rest stays wrong.
  const answer =
    step.eventually === true
      ? await until(`${action} answers as it should`, async () => ({ last: await once() }))
      : { last: await once() };
  if (answer.last === null) return;
  const { typed, raw, mistyped, unset } = answer.last;
  assert.deepEqual([...mistyped, ...bent(typed, raw)], [], 'members of a wrong type');
  for (const [name, path] of Object.entries(step.keeps ?? {})) {
    const value = valueAt(typed, path);
    assert.ok(value !== undefined && value !== null && value !== '', `${path} is not there`);
    kept[name] = value;
  }
  for (const path of missingIn(typed, raw)) walk.unknownMembers.add(`${action}.${path}`);
  if (step.fails === undefined) {
    for (const path of unset ?? []) {
      if (!ofFailures.test(path)) walk.unsetMembers.add(`${action}.${path}`);
    }
  }
}

/** Success or the business failure that the step asks for, and a request id (schedulerx.md §2, §3). */
function checkEnvelope({ fails }: Step, { typed }: Success): void {
  const told = JSON.stringify(typed);
  assert.equal(typed['Success'], fails === undefined, told);
  assert.equal(String(typed['Code']), fails === undefined ? '200' : '400', told);
  assert.match(String(typed['RequestId']), /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/, told);
  if (fails !== undefined) assert.match(String(typed['Message']), fails, told);
}

/** The same value with what was kept in the place of `$names`; within a longer text, as text. */
function filled(value: unknown, kept: Fields): unknown {
  if (typeof value === 'string') {
    const whole = /^\$(\w+)$/.exec(value)?.[1];
    if (whole !== undefined) return known(whole, kept);
    return value.replaceAll(/\$(\w+)/g, (_text, name: string) => String(known(name, kept)));
  }
  if (Array.isArray(value)) return value.map((each: unknown) => filled(each, kept));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, filled(each, kept)] as const),
  );
}

function known(name: string, kept: Fields): unknown {
  const value = kept[name];
  assert.ok(value !== undefined, `the step that gives $${name} failed`);
  return value;
}

function valueAt(holder: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => {
    if (typeof value !== 'object' || value === null) return undefined;
    return (value as Fields)[name];
  }, holder);
}

/** Members of `raw` that `typed` has no place for. */
function missingIn(typed: unknown, raw: unknown, path = ''): readonly string[] {
  if (Array.isArray(raw)) {
    // Of a list the first row is enough: all have one shape.
    return Array.isArray(typed) && raw.length > 0 ? missingIn(typed[0], raw[0], `${path}[]`) : [];
  }
  if (typeof raw !== 'object' || raw === null) return [];
  if (typeof typed !== 'object' || typed === null) return [path];
  return Object.entries(raw).flatMap(([name, value]) => {
    const inner = path === '' ? name : `${path}.${name}`;
    return name in typed ? missingIn((typed as Fields)[name], value, inner) : [inner];
  });
}

/** Members whose JSON type the SDK's types changed: what was sent is not what is declared. */
function bent(typed: unknown, raw: unknown, path = ''): readonly string[] {
  if (typed === undefined || typed === null || raw === null) return [];
  if (typeof typed !== typeof raw || Array.isArray(typed) !== Array.isArray(raw)) return [path];
  if (typeof raw !== 'object') return typed === raw ? [] : [path];
  return Object.entries(raw as Fields).flatMap(([name, value]) =>
    bent((typed as Fields)[name], value, path === '' ? name : `${path}.${name}`),
  );
}

function sorted(names: Iterable<string>): readonly string[] {
  return [...names].sort();
}
