/** What the forms of the native API show for Python is run as it is shown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SameRequest } from '../../../src/dialects/kit/operations.ts';
import { startConsoleServer } from '../../support/console-server.ts';
import { needs } from '../../support/tools.ts';
import { dashed, odd, shownRequests } from './shown.ts';

interface Definition {
  readonly id: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number | null;
}

test('Python makes, changes, runs', needs('python3'), async (t) => {
  const server = await startConsoleServer(t);
  const { accessKeyId: id = '', accessKeySecret: secret = '' } = server.root as Readonly<
    Record<string, string>
  >;
  const requests = await shownRequests(t, { id, secret }, 'python3', 'longshore');
  const call = async (operation: string, values: object): Promise<void> => {
    const path = `/operations/native/${operation}/render`;
    const { rows } = await server.call<{ readonly rows: readonly SameRequest[] }>('POST', path, {
      values,
    });
    const found = rows.find(({ kind }) => kind === 'python');
    assert.ok(found, operation);
    await requests.run(found);
  };
  const template = () => server.call<Definition>('GET', '/templates/shown');

  const made = { name: 'shown', command: ['printf', '%s', odd], env: { ODD: odd } };
  await call('CreateTemplate', made);
  const first = await template();
  assert.deepEqual([first.command, first.env, first.timeoutMs], [made.command, made.env, null]);

  await call('UpdateTemplate', {
    ...made,
    template: first.id,
    command: ['printf', dashed],
    timeoutMs: 5_000,
  });
  const second = await template();
  assert.deepEqual([second.command, second.timeoutMs], [['printf', dashed], 5_000]);

  await call('SubmitRun', { template: first.id, idempotencyKey: odd.slice(0, 100) });
  const { rows } = await server.call<{ readonly rows: readonly unknown[] }>(
    'GET',
    `/runs?template=${first.id}`,
  );
  assert.equal(rows.length, 1, 'one run was started');
});
