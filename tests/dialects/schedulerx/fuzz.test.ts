/** Whatever is sent: an answer of the contract, and never a defect of ours. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { jobOperations } from '../../../src/dialects/schedulerx/operations/jobs/list.ts';
import { groupOperations } from '../../../src/dialects/schedulerx/operations/groups/list.ts';
import { namespaceOperations } from '../../../src/dialects/schedulerx/operations/namespaces/list.ts';
import { newGroup, newJob, startSchedulerxHost } from '../../support/schedulerx-host.ts';

/** Refusals that say what the caller did; anything else is a defect. */
const callersFault = /^(?:400|403|Missing\w+|InvalidParameter\.WithMessage)$/;

const awkward = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1',
    '3',
    '5',
    '99999999999999999999',
    '1e3',
    ' 7 ',
    'true',
    'TRUE',
    'null',
    '[]',
    '[1,2]',
    '[1,',
    '{}',
    '[{"a":1}]',
    '{"url":"http://h"}',
    '{"jobHandler":{}}',
    '__proto__',
    'constructor',
    '2026-13-01 00:00:00',
    '* * * * * ?',
    '0 0 0 31 2 ?',
    'GMT+99',
    'a\0b',
    'x'.repeat(20_000),
  ),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.integer().map(String),
);

describe('fuzz', () => {
  const operations = [...namespaceOperations, ...groupOperations, ...jobOperations];

  test('any parameters', async (t) => {
    const host = await startSchedulerxHost(t);
    const group = await newGroup(host);
    const jobId = String(await newJob(host, group));
    const sensible: Readonly<Record<string, string>> = {
      ...group,
      JobId: jobId,
      JobIdList: `[${jobId}]`,
      Name: 'n',
      JobType: 'shell',
      ExecuteMode: 'standalone',
      TimeType: '1',
      TimeExpression: '0 0 2 * * ?',
      Content: 'echo',
      AppName: 'a',
      SendChannel: 'mail,ding',
      TaskDispatchMode: 'push',
      NotificationPolicyName: '',
      EndTime: '-1',
      ContactInfo: '[]',
    };
    const wish = fc.constantFrom(...operations).chain((operation) =>
      fc.record({
        operation: fc.constant(operation),
        values: fc.tuple(
          ...operation.parameters.map(({ name }) =>
            // Mostly sensible, so that what is behind the first check is reached too.
            fc.option(
              fc.oneof(
                { weight: 1, arbitrary: awkward },
                { weight: 9, arbitrary: fc.constant(sensible[name] ?? '1') },
              ),
              { nil: undefined, freq: name in sensible ? 20 : 1 },
            ),
          ),
        ),
      }),
    );
    let done = 0;
    await fc.assert(
      fc.asyncProperty(wish, fc.constantFrom('GET', 'POST'), async (asked, method) => {
        const { operation, values } = asked as {
          operation: (typeof operations)[number];
          values: (string | undefined)[];
        };
        const given = operation.parameters.flatMap(({ name }, index) => {
          const value = values[index];
          // What was made must stay for the others.
          if (value === undefined || /^Delete(?:App|Name)|^BatchDel/.test(operation.name))
            return [];
          return [[name, value] as const];
        });
        const code = await codeOf(operation.name, Object.fromEntries(given), method as 'GET');
        if (code === 200) done += 1;
        assert.match(String(code), code === 200 ? /200/ : callersFault, operation.name);
      }),
      { numRuns: 400 },
    );
    assert.deepEqual(host.errors, []);
    // It did not stop at the first check.
    assert.ok(done >= 20, `${done} calls succeeded`);

    async function codeOf(
      action: string,
      params: Readonly<Record<string, string>>,
      method: 'GET' | 'POST',
    ): Promise<unknown> {
      try {
        const answer = await (method === 'GET'
          ? host.call(action, params, undefined, 'GET')
          : host.call(action, {}, params));
        assert.equal(typeof answer['Success'], 'boolean');
        assert.equal(answer['Success'], answer['Code'] === 200);
        assert.equal('Message' in answer, answer['Code'] !== 200);
        return answer['Code'];
      } catch (error) {
        if (error instanceof Error && 'code' in error) return error.code;
        throw error;
      }
    }
  });
});
