import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decideAdmission,
  decideStart,
  defaultAdmissionLimits,
} from '../../../src/domain/admission.ts';

const facts = {
  templateId: 't',
  templateName: 'nightly',
  suspended: false,
  policy: 'allow',
  replicas: 1,
  delayed: false,
  hasUnfinished: true,
  unfinishedRuns: 1,
} as const;
const decide = (change: object) => decideAdmission({ ...facts, ...change }, defaultAdmissionLimits);
const code = (change: object): string => {
  const decision = decide(change);
  return decision.kind === 'refuse' ? decision.error.code : decision.kind;
};

test('the order of refusals is the contract’s: suspended, forbidden, quota (sae.md §4.4)', () => {
  const all = { suspended: true, policy: 'forbid', replicas: 51, unfinishedRuns: 100_000 };
  assert.equal(code(all), 'template-suspended');
  assert.equal(code({ ...all, suspended: false }), 'concurrency-forbidden');
  assert.equal(code({ ...all, suspended: false, policy: 'allow' }), 'replicas-quota-exceeded');
  assert.equal(code({ unfinishedRuns: 100_000 }), 'queue-full');
  assert.equal(code({}), 'accept');
});

test('forbid only minds unfinished runs', () => {
  assert.equal(code({ policy: 'forbid', hasUnfinished: false }), 'accept');
});

test('replace holds the new run back; a delayed one replaces when it comes due', () => {
  assert.deepEqual(decide({ policy: 'replace' }), {
    kind: 'accept',
    replaces: true,
    hold: 'replacing',
  });
  assert.deepEqual(decide({ policy: 'replace', delayed: true }), {
    kind: 'accept',
    replaces: false,
    hold: null,
  });
  assert.deepEqual(decide({ policy: 'replace', hasUnfinished: false }), {
    kind: 'accept',
    replaces: false,
    hold: null,
  });
});

test('at start time a suspension holds, Forbid fails and Replace waits (U10)', () => {
  const start = (change: object) =>
    decideStart({ suspended: false, policy: 'allow', hasOthersAhead: true, ...change });
  assert.equal(start({}).kind, 'start');
  assert.equal(start({ suspended: true }).kind, 'hold');
  assert.equal(start({ policy: 'forbid' }).kind, 'fail');
  const replaced = start({ policy: 'replace' });
  assert.ok(replaced.kind === 'hold' && replaced.replaces);
});
