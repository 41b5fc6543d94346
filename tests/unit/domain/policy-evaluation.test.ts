import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AccessDecision } from '../../../src/domain/access.ts';
import { DomainError } from '../../../src/domain/errors.ts';
import { conditionOperators, matchesWildcard } from '../../../src/domain/policy-conditions.ts';
import {
  builtInPolicies,
  compilePolicy,
  entryLimit,
  evaluatePolicies,
  parsePolicy,
  statementLimit,
} from '../../../src/domain/policy-evaluation.ts';

const context = {
  'acs:SourceIp': '10.1.2.3',
  'acs:CurrentTime': '2024-01-02T03:04:05.000Z',
  'acs:SecureTransport': 'false',
  'acs:MFAPresent': 'false',
  'test:Number': '7',
  'test:Text': 'Blue',
};

const allow = { Effect: 'Allow', Action: 'sae:*', Resource: '*' };

function decide(statement: unknown, action = 'sae:ExecJob', resource = '*'): AccessDecision {
  const policy = compilePolicy(parsePolicy({ Version: '1', Statement: statement }));
  return evaluatePolicies([policy], { action, resource, context });
}

const passes = (statement: unknown, action?: string, resource?: string) =>
  decide(statement, action, resource).allowed;

describe('policy evaluation', () => {
  it('refuses without a match, and lets a deny win whatever the order', () => {
    const deny = { Effect: 'Deny', Action: 'sae:ExecJob', Resource: '*' };
    const implicit = { allowed: false, kind: 'ImplicitDeny' };
    const explicit = { allowed: false, kind: 'ExplicitDeny' };
    assert.deepEqual(evaluatePolicies([], { action: 'a:b', resource: '*', context }), implicit);
    assert.deepEqual(decide({ ...allow, Action: 'sae:ListJobs' }), implicit);
    assert.deepEqual(decide([allow, deny]), explicit);
    assert.deepEqual(decide([deny, allow]), explicit);
    assert.deepEqual(decide([allow, deny], 'sae:ListJobs'), { allowed: true });
  });

  it('compares actions without case, with wildcards, and by exception', () => {
    assert.ok(passes({ ...allow, Action: ['SAE:exec*'] }));
    assert.ok(passes({ ...allow, Action: 'sae:Exec?ob' }));
    assert.ok(!passes({ ...allow, Action: 'sae:Exec?' }));
    const except = { Effect: 'Allow', NotAction: ['sae:Delete*'], Resource: '*' };
    assert.ok(passes(except));
    assert.ok(!passes(except, 'sae:DeleteJob'));
  });

  it('compares resources with case', () => {
    const one = { ...allow, Resource: ['acs:sae:*:*:application/cn-hangzhou:test/*'] };
    assert.ok(passes(one, 'sae:ExecJob', 'acs:sae:cn-hangzhou:1:application/cn-hangzhou:test/x'));
    assert.ok(!passes(one, 'sae:ExecJob', 'acs:sae:cn-hangzhou:1:application/cn-hangzhou:Test/x'));
    assert.ok(!passes(one));
  });

  const held: readonly [operator: string, key: string, met: unknown, unmet: unknown][] = [
    ['StringEquals', 'test:Text', ['Red', 'Blue'], 'blue'],
    ['StringNotEquals', 'test:Text', 'blue', ['Red', 'Blue']],
    ['StringEqualsIgnoreCase', 'test:Text', 'bLUE', 'red'],
    ['StringNotEqualsIgnoreCase', 'test:Text', 'red', 'bLUE'],
    ['StringLike', 'test:Text', 'B?u*', 'b*'],
    ['StringNotLike', 'test:Text', 'b*', 'B*'],
    ['NumericEquals', 'test:Number', [7], '8'],
    ['NumericNotEquals', 'test:Number', 8, '7.0'],
    ['NumericLessThan', 'test:Number', '8', '7'],
    ['NumericLessThanEquals', 'test:Number', '7', '6'],
    ['NumericGreaterThan', 'test:Number', '6', '7'],
    ['NumericGreaterThanEquals', 'test:Number', '7', '8'],
    ['DateEquals', 'acs:CurrentTime', '2024-01-02T11:04:05+08:00', '2024-01-02'],
    ['DateNotEquals', 'acs:CurrentTime', '2024-01-02', '2024-01-02T03:04:05Z'],
    ['DateLessThan', 'acs:CurrentTime', '2025-01-01T00:00:00Z', '2024-01-02T03:04:05Z'],
    ['DateLessThanEquals', 'acs:CurrentTime', '2024-01-02T03:04:05Z', '2023-01-01'],
    ['DateGreaterThan', 'acs:CurrentTime', '2023-01-01', '2024-01-02T03:04:05Z'],
    ['DateGreaterThanEquals', 'acs:CurrentTime', '2024-01-02T03:04:05Z', '2025-01-01'],
    ['Bool', 'acs:SecureTransport', false, 'true'],
    ['IpAddress', 'acs:SourceIp', ['192.0.2.1', '10.0.0.0/8'], '10.1.2.4'],
    ['NotIpAddress', 'acs:SourceIp', '::1/128', '10.1.2.3'],
  ];
  for (const [operator, key, met, unmet] of held) {
    it(`evaluates ${operator}`, () => {
      assert.ok(passes({ ...allow, Condition: { [operator]: { [key]: met } } }));
      assert.ok(!passes({ ...allow, Condition: { [operator]: { [key]: unmet } } }));
      const negated = operator.includes('Not');
      assert.equal(passes({ ...allow, Condition: { [operator]: { absent: met } } }), negated);
    });
  }

  it('covers every operator of the contract', () => {
    assert.deepEqual(held.map(([operator]) => operator).sort(), [...conditionOperators].sort());
  });

  it('needs all keys and all operators', () => {
    const met = { StringLike: { 'test:Text': 'B*' }, Bool: { 'acs:MFAPresent': 'false' } };
    assert.ok(passes({ ...allow, Condition: met }));
    assert.ok(!passes({ ...allow, Condition: { ...met, NumericEquals: { 'test:Number': 1 } } }));
    const keys = { StringLike: { 'test:Text': 'B*', 'acs:SourceIp': '11.*' } };
    assert.ok(!passes({ ...allow, Condition: keys }));
  });

  it('brings the built-in policies', () => {
    const grants = (name: string, action: string) =>
      evaluatePolicies(
        builtInPolicies
          .filter((policy) => policy.name === name)
          .map((p) => compilePolicy(p.document)),
        { action, resource: '*', context },
      ).allowed;
    assert.ok(grants('AliyunSAEFullAccess', 'sae:ExecJob'));
    assert.ok(!grants('AliyunSAEFullAccess', 'edas:ExecJob'));
    assert.ok(grants('AliyunSAEReadOnlyAccess', 'sae:DescribeJob'));
    assert.ok(!grants('AliyunSAEReadOnlyAccess', 'sae:ExecJob'));
    assert.ok(!grants('AliyunSAEReadOnlyAccess', 'sae:SuspendJob'));
    assert.ok(grants('AdministratorAccess', 'anything:Else'));
  });
});

describe('policy parsing', () => {
  const statement = (change: object) => ({ Version: '1', Statement: [{ ...allow, ...change }] });
  const wrong: readonly [where: string, document: unknown][] = [
    ['policy', 'text'],
    ['policy', null],
    ['policy.Extra', { Version: '1', Statement: [allow], Extra: 1 }],
    ['Version', { Version: 1, Statement: [allow] }],
    ['Statement', { Version: '1', Statement: [] }],
    [
      'Statement',
      { Version: '1', Statement: Array.from({ length: statementLimit + 1 }, () => allow) },
    ],
    ['Statement[0]', { Version: '1' }],
    ['Statement[1]', { Version: '1', Statement: [allow, 1] }],
    ['Statement[0].Effect', statement({ Effect: 'allow' })],
    ['Statement[0]', statement({ NotAction: 'a' })],
    ['Statement[0].Action', statement({ Action: [] })],
    ['Statement[0].Action', statement({ Action: [1] })],
    ['Statement[0].Action', statement({ Action: Array(entryLimit + 1).fill('a') })],
    ['Statement[0].Resource', statement({ Resource: undefined })],
    ['Statement[0].Principal', statement({ Principal: '*' })],
    ['Statement[0].Condition', statement({ Condition: [] })],
    ['Statement[0].Condition.Foo.k', statement({ Condition: { Foo: { k: 'v' } } })],
    ['Statement[0].Condition.constructor.k', statement({ Condition: { constructor: { k: 'v' } } })],
    ['Statement[0].Condition.Bool.k', statement({ Condition: { Bool: { k: 'maybe' } } })],
    ['Statement[0].Condition.IpAddress.k', statement({ Condition: { IpAddress: { k: '10/8' } } })],
    [
      'Statement[0].Condition.IpAddress.k',
      statement({ Condition: { IpAddress: { k: '::/129' } } }),
    ],
    [
      'Statement[0].Condition.DateLessThan.k',
      statement({ Condition: { DateLessThan: { k: 'x' } } }),
    ],
    [
      'Statement[0].Condition.NumericEquals.k',
      statement({ Condition: { NumericEquals: { k: 'x' } } }),
    ],
  ];
  for (const [where, document] of wrong) {
    it(`names ${where} in ${JSON.stringify(document)?.slice(0, 60)}`, () => {
      assert.throws(
        () => parsePolicy(document),
        (error) =>
          error instanceof DomainError &&
          error.code === 'invalid-argument' &&
          error.details['where'] === where,
      );
    });
  }
});

describe('wildcards', () => {
  it('agree with the equivalent regular expression', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
    fc.assert(
      fc.property(letters, text, (pattern, value) => {
        const source = pattern.replaceAll('*', '.*').replaceAll('?', '.');
        assert.equal(matchesWildcard(pattern, value), new RegExp(`^${source}$`).test(value));
      }),
      { numRuns: 500 },
    );
  });

  it('are quick on hostile patterns', { timeout: 5_000 }, () => {
    assert.equal(matchesWildcard('*a'.repeat(500) + 'b', 'a'.repeat(1_000)), false);
  });
});
