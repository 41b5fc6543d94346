import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { PolicyStatement } from '../../../src/domain/access.ts';
import {
  compilePolicy,
  evaluatePolicies,
  parsePolicy,
} from '../../../src/domain/policy-evaluation.ts';
import { couldAllow } from '../../../src/domain/policy-rights.ts';

const prefix = 'acs:longshore:cn-hangzhou:1000000000000001:';
const policy = (...statements: readonly PolicyStatement[]) =>
  compilePolicy(parsePolicy({ Version: '1', Statement: statements }));
const could = (action: string, ...statements: readonly PolicyStatement[]) =>
  couldAllow([policy(...statements)], action, prefix);
const allow = (Action: string | string[], Resource = '*', rest = {}): PolicyStatement => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...rest,
});
const deny = (Action: string | string[], Resource = '*', rest = {}): PolicyStatement => ({
  Effect: 'Deny',
  Action,
  Resource,
  ...rest,
});
const atNight = { Condition: { DateLessThan: { 'acs:CurrentTime': '2000-01-01T00:00:00Z' } } };

describe('what policies could allow', () => {
  test('nothing without a statement', () => {
    assert.equal(couldAllow([], 'longshore:StopRun', prefix), false);
    assert.equal(could('longshore:StopRun', allow('longshore:GetRun')), false);
  });

  test('an action by name or pattern, whatever its case, on some resource', () => {
    assert.equal(could('longshore:StopRun', allow('longshore:stoprun')), true);
    assert.equal(could('longshore:StopRun', allow('longshore:*', `${prefix}runs/a`)), true);
    assert.equal(could('longshore:StopRun', allow('*', 'acs:longshore:*')), true);
    assert.equal(could('longshore:StopRun', allow('*', 'acs:longshore:*:*:runs/*')), true);
    assert.equal(could('longshore:StopRun', allow('*', 'acs:sae:*')), false);
    assert.equal(could('longshore:StopRun', allow('*', 'acs:longshore:other')), false);
  });

  test('everything but the actions that NotAction names', () => {
    const statement: PolicyStatement = {
      Effect: 'Allow',
      NotAction: ['longshore:Delete*'],
      Resource: '*',
    };
    assert.equal(could('longshore:StopRun', statement), true);
    assert.equal(could('longshore:DeleteRun', statement), false);
  });

  test('conditions may come true, so they do not count', () => {
    assert.equal(could('longshore:StopRun', allow('*', '*', atNight)), true);
  });

  test('a Deny counts only when it holds always and everywhere', () => {
    assert.equal(could('longshore:StopRun', allow('*'), deny('longshore:Stop*')), false);
    assert.equal(could('longshore:StopRun', allow('*'), deny('*', `${prefix}*`)), false);
    assert.equal(could('longshore:StopRun', allow('*'), deny('*', `${prefix}runs/a`)), true);
    assert.equal(could('longshore:StopRun', allow('*'), deny('*', '*', atNight)), true);
    assert.equal(could('longshore:StopRun', allow('*'), deny('longshore:GetRun')), true);
    const denied = policy(deny('*'));
    assert.equal(couldAllow([policy(allow('*')), denied], 'longshore:StopRun', prefix), false);
  });

  test('never says no to what is allowed somewhere', () => {
    const action = fc.constantFrom(
      '*',
      'longshore:*',
      'longshore:Get*',
      'longshore:GetRun',
      'sae:*',
    );
    const resource = fc.constantFrom(
      '*',
      'acs:*',
      `${prefix}*`,
      `${prefix}runs/?`,
      `${prefix}runs/a`,
    );
    const statement = fc.record({
      Effect: fc.constantFrom('Allow' as const, 'Deny' as const),
      Action: action,
      Resource: resource,
    });
    fc.assert(
      fc.property(
        fc.array(statement, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('longshore:GetRun', 'longshore:StopRun'),
        fc.constantFrom('runs/a', 'runs/b', 'templates'),
        (statements, asked, name) => {
          const compiled = [policy(...statements)];
          const decision = evaluatePolicies(compiled, {
            action: asked,
            resource: prefix + name,
            context: {},
          });
          if (decision.allowed) assert.equal(couldAllow(compiled, asked, prefix), true);
        },
      ),
    );
  });
});
