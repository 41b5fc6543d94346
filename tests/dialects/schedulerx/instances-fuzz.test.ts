import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { calendarOperations } from '../../../src/dialects/schedulerx/operations/calendars/list.ts';
import { instanceOperations } from '../../../src/dialects/schedulerx/operations/instances/list.ts';
import { policyOperations } from '../../../src/dialects/schedulerx/operations/policies/list.ts';
import { routeOperations } from '../../../src/dialects/schedulerx/operations/routes/list.ts';
import { workerOperations } from '../../../src/dialects/schedulerx/operations/workers/list.ts';
import { workflowOperations } from '../../../src/dialects/schedulerx/operations/workflows/list.ts';
import { newGroup, newJob, startSchedulerxHost } from '../../support/schedulerx-host.ts';

const operations = [
  ...instanceOperations,
  ...workerOperations,
  ...workflowOperations,
  ...calendarOperations,
  ...policyOperations,
  ...routeOperations,
];

/** What people and programs send by mistake, and what readers stumble over. */
const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.json({ maxDepth: 3 }),
  fc.integer().map(String),
  fc.constantFrom(
    '',
    ' ',
    '0',
    '-1',
    '1e9',
    'NaN',
    '9007199254740993',
    'true',
    '\0',
    '😀',
    '[]',
    '{}',
  ),
  fc.constantFrom(
    '[{"month":1,"days":[1]}]',
    '{"nodes":[{"id":1},{"id":1}],"edges":[]}',
    '{"nodes":[{"id":"__proto__"}],"edges":[null]}',
    '[{"percentage":"","target":"[1]","targetType":"label"}]',
    '{"sendChannel":"sms","timeRanges":{"all":[null]}}',
  ),
);

it('answers whatever it is asked, and never as a crash', async (t) => {
  const host = await startSchedulerxHost(t);
  const group = await newGroup(host);
  const jobId = String(await newJob(host, group));
  const request = fc.constantFrom(...operations).chain((operation) =>
    fc.record({
      operation: fc.constant(operation),
      odd: fc.record(Object.fromEntries(operation.parameters.map(({ name }) => [name, oddText])), {
        requiredKeys: [],
      }),
      // Half of the time what names things is right, so that what follows is reached.
      named: fc.boolean(),
    }),
  );
  await fc.assert(
    fc.asyncProperty(request, async ({ operation, odd, named }) => {
      const known = named ? { ...group, JobId: jobId } : {};
      const sent = { ...(odd as Record<string, string>), ...known };
      let answer: Record<string, unknown>;
      try {
        answer =
          operation.method === 'GET'
            ? await host.call(operation.name, sent)
            : await host.call(operation.name, {}, sent);
      } catch (error) {
        const { data, message } = error as { data?: { statusCode?: number }; message: string };
        assert.equal(data?.statusCode, 400, `${operation.name}: ${message}`);
        return;
      }
      const code = Number(answer['Code']);
      assert.ok([200, 400, 403].includes(code), `${operation.name}: ${JSON.stringify(answer)}`);
      assert.equal(answer['Success'], code === 200);
    }),
    { numRuns: 600 },
  );
  assert.deepEqual(host.errors, []);
});
