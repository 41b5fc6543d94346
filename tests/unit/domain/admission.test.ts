import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decideAdmission,
  decideStart,
  defaultAdmissionLimits,
  unfinishedToCount,
} from '../../../src/domain/admission.ts';

const facts = {
  templateId: 't',
  templateName: 'nightly',
  suspended: false,
  policy: 'allow',
  replicas: 1,
  delayed: false,
  unfinishedOfTemplate: 1,
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
  assert.equal(code({ policy: 'forbid', unfinishedOfTemplate: 0 }), 'accept');
});

test('the limit of a template stands between forbid and the quotas, whatever the policy', () => {
  const full = { maxUnfinished: 2, unfinishedOfTemplate: 2, replicas: 51 };
  assert.equal(code(full), 'concurrency-forbidden');
  assert.equal(code({ ...full, policy: 'replace' }), 'concurrency-forbidden');
  assert.equal(code({ ...full, suspended: true }), 'template-suspended');
  assert.equal(code({ ...full, unfinishedOfTemplate: 1 }), 'replicas-quota-exceeded');
  assert.equal(code({ ...full, unfinishedOfTemplate: 1, replicas: 1 }), 'accept');
  const decision = decide(full);
  assert.ok(decision.kind === 'refuse');
  assert.match(decision.error.message, /nightly allows 2 unfinished runs/);
  assert.equal(decision.error.details['limit'], 2);
});

test('unfinished runs are counted as far as the definition needs', () => {
  assert.equal(unfinishedToCount({ concurrency: 'allow' }), 0);
  assert.equal(unfinishedToCount({ concurrency: 'forbid' }), 1);
  assert.equal(unfinishedToCount({ concurrency: 'replace' }), 1);
  assert.equal(unfinishedToCount({ concurrency: 'allow', maxUnfinished: 3 }), 3);
  assert.equal(unfinishedToCount({ concurrency: 'forbid', maxUnfinished: 3 }), 3);
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
  assert.deepEqual(decide({ policy: 'replace', unfinishedOfTemplate: 0 }), {
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
