/** What the forms of SAE and SchedulerX show is run as it is shown. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { FormField, SameRequest } from '../../../src/dialects/kit/operations.ts';
import { saeClient } from '../../../examples/sae-client.ts';
import { startSurroundings, type SurroundingsServer } from '../../support/surroundings.ts';
import { needs } from '../../support/tools.ts';
import { PATIENCE_MS } from '../../support/until.ts';
import { aliyunFlags, dashed, odd, pythonWith, shownRequests, type Kind } from './shown.ts';

type Values = Readonly<Record<string, unknown>>;

const kinds: readonly (readonly [Exclude<Kind, 'cli'>, { readonly skip?: string }])[] = [
  ['typescript', {}],
  ['python', needs('python3')],
  ['curl', {}],
];

suite(
  'what forms of Alibaba’s products show',
  { ...needs('bash', 'setsid'), concurrency: 1 },
  () => {
    const cleanups: (() => void | Promise<void>)[] = [];
    const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };
    let server: SurroundingsServer;

    before(async () => {
      server = await startSurroundings(cleanup);
    });
    after(async () => {
      for (const task of cleanups.toReversed()) await task();
    });

    // oxlint-disable-next-line typescript/no-explicit-any -- the shape is what is tested
    const got = async (path: string): Promise<any> => {
      const { status, body } = await server.ask(path);
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    };
    const shown = async (dialect: string, operation: string, kind: Kind, values: Values) => {
      const path = `/operations/${dialect}/${operation}/render`;
      const { body } = await server.ask(path, { method: 'POST', body: { values } });
      const rows = body['rows'] as readonly SameRequest[];
      const found = rows.find((row) => row.kind === kind);
      assert.ok(found, kind);
      return found;
    };
    /** The newest run of a template, once it has ended, and what it printed. */
    const lastRun = async (template: string) => {
      const { rows } = await got(`/runs?template=${encodeURIComponent(template)}`);
      assert.equal(rows.length, 1, 'one run was started');
      const run = await got(`/runs/${rows[0].id}?waitMs=${PATIENCE_MS}`);
      const instances = await got(`/runs/${rows[0].id}/instances`);
      const attempt = instances.rows[0].attempts[0].id;
      const log = await fetch(`${server.url}/api/v1/attempts/${attempt}/logs/stdout`, {
        headers: { authorization: `Bearer ${server.operatorToken}` },
      });
      return { run, printed: await log.text() };
    };

    for (const [kind, options] of kinds) {
      test(`SAE, ${kind}: makes, changes, runs`, options, async (t) => {
        const python = kind === 'python' ? await pythonWith('python', 'python') : { python: '' };
        if ('missing' in python) return t.skip(python.missing);
        const requests = await shownRequests(t, server.key, python.python, 'aliyun');
        const call = async (operation: string, values: Values) =>
          requests.run(await shown('sae', operation, kind, values));
        const name = `shown-${kind}`;
        await call('CreateJob', {
          AppName: name,
          AppDescription: odd,
          Workload: 'job',
          PackageType: 'Image',
          ImageUrl: 'longshore/host',
          Replicas: 1,
          Timeout: 60,
          BackoffLimit: 0,
          Slice: false,
          Command: 'printf',
          CommandArgs: JSON.stringify(['%s', odd]),
          Envs: JSON.stringify([{ name: 'ODD', value: odd }]),
          // Of those that travel in the form.
          EnableImageAccl: true,
          PhpConfig: odd,
        });
        const { id } = await got(`/templates/${name}`);
        const made = await got(`/templates/${id}/revisions/1`);
        assert.deepEqual(made.spec.task.argv, ['printf', '%s', odd]);
        assert.equal(made.spec.task.env.ODD, odd);
        const { document } = await got(`/templates/${id}/document`);
        assert.equal(document.AppDescription, odd);
        assert.equal(document.PhpConfig, odd);

        await call('UpdateJob', {
          AppId: id,
          Replicas: 2,
          Command: 'echo',
          CommandArgs: JSON.stringify([dashed]),
          Envs: '',
          PhpConfig: dashed,
        });
        const changed = await got(`/templates/${id}/revisions/2`);
        assert.deepEqual(changed.spec.task.argv, ['echo', dashed]);
        assert.equal(changed.spec.replicas, 2);
        assert.equal(changed.spec.task.env.ODD, undefined);
        assert.equal((await got(`/templates/${id}/document`)).document.PhpConfig, dashed);

        await call('ExecJob', {
          AppId: id,
          EventId: `${kind} '"$x`,
          Replicas: 1,
          Command: 'sh',
          CommandArgs: JSON.stringify(['-c', 'printf %s "$ODD"']),
          Envs: JSON.stringify([{ name: 'ODD', value: odd }]),
        });
        const { run, printed } = await lastRun(id);
        assert.equal(run.state, 'succeeded', JSON.stringify(run));
        assert.equal(printed, odd);

        const listed = await saeClient(server.url, server.key)(
          'ListJobs',
          'GET',
          '/pop/v1/sam/job/listJobs',
          { AppName: name },
        );
        const { Applications: jobs } = listed['Data'] as {
          readonly Applications: readonly { readonly AppId: string }[];
        };
        assert.deepEqual(
          jobs.map(({ AppId }) => AppId),
          [id],
        );
      });

      test(`SchedulerX, ${kind}: makes, changes, runs`, options, async (t) => {
        const python =
          kind === 'python'
            ? await pythonWith('schedulerx-python', 'schedulerx/python')
            : { python: '' };
        if ('missing' in python) return t.skip(python.missing);
        const requests = await shownRequests(t, server.key, python.python, 'aliyun');
        const call = async (operation: string, values: Values) =>
          requests.run(
            await shown('schedulerx', operation, kind, {
              Namespace: 'team',
              GroupId: 'app',
              ...values,
            }),
          );
        const name = `${kind} ' " \\ $x 中`;
        await call('CreateJob', {
          Name: name,
          JobType: 'shell',
          ExecuteMode: 'standalone',
          TimeType: 100,
          Priority: 10,
          FailEnable: true,
          EndTime: 4_000_000_000_000,
          Description: odd,
          Content: odd,
          Parameters: odd,
          ContactInfo: JSON.stringify([{ UserName: odd, UserMail: 'ann@example.com' }]),
        });
        const find = async () => {
          const { Jobs } = await server.schedulerx('ListJobs', { JobName: name });
          const jobs = Jobs as readonly { readonly JobId: number }[];
          assert.equal(jobs.length, 1, 'the job is listed');
          return jobs[0]?.JobId ?? 0;
        };
        const id = await find();
        const made = (await got(`/templates/${id}/document`)).document;
        assert.deepEqual(
          [
            made.Name,
            made.Description,
            made.Content,
            made.Parameters,
            made.ContactInfo[0].UserName,
          ],
          [name, odd, odd, odd, odd],
        );
        assert.deepEqual(
          [made.Priority, made.FailEnable, made.EndTime],
          ['10', 'true', '4000000000000'],
        );

        const script = `cat <<'end'\n${odd}\n#{schedulerx.jobParameters}\nend`;
        await call('UpdateJob', {
          JobId: id,
          Description: dashed,
          Content: script,
          Parameters: '',
        });
        const changed = (await got(`/templates/${id}/document`)).document;
        assert.deepEqual(
          [changed.Description, changed.Content, changed.Parameters],
          [dashed, script, undefined],
        );

        await call('ExecuteJob', { JobId: id, InstanceParameters: odd, CheckJobStatus: true });
        const { run, printed } = await lastRun(String(id));
        assert.equal(run.state, 'succeeded', JSON.stringify(run));
        assert.equal(printed, `${odd}\n${odd}\n`);
        assert.equal(await find(), id);
      });
    }

    test('Python’s classes have every field of the forms', needs('python3'), async (t) => {
      for (const [dialect, name, folder] of [
        ['sae', 'python', 'python'],
        ['schedulerx', 'schedulerx-python', 'schedulerx/python'],
      ] as const) {
        const sdk = await pythonWith(name, folder);
        if ('missing' in sdk) return t.skip(sdk.missing);
        const requests = await shownRequests(t, server.key, sdk.python, 'aliyun');
        for (const { operation } of (await got(`/operations?dialect=${dialect}`)).rows) {
          const { schema } = await got(`/operations/${dialect}/${operation}`);
          const fields = Object.entries(schema.properties as Readonly<Record<string, FormField>>);
          const values = fields.map(([field, { type }]) => [
            field,
            type === 'integer' ? 1 : type === 'boolean' ? true : '[{}]',
          ]);
          const request = await shown(dialect, operation, 'python', Object.fromEntries(values));
          // All but the call itself: a request is refused a name that its class lacks.
          const lines = request.text.split('\n').slice(0, -1);
          const told = 'print(len(request.to_map()))';
          const printed = await requests.run({ ...request, text: [...lines, told].join('\n') });
          assert.equal(Number(printed), fields.length, operation);
        }
      }
    });

    test('aliyun is given each value as it is', async (t) => {
      const requests = await shownRequests(t, server.key, '', 'aliyun');
      const values = {
        sae: {
          AppName: 'x',
          AppDescription: odd,
          Command: dashed,
          CommandArgs: '',
          Envs: '-1',
          Replicas: 2,
          Slice: false,
        },
        schedulerx: {
          Name: odd,
          TimeType: -1,
          Content: dashed,
          Parameters: '',
          FailEnable: true,
          EndTime: 1,
        },
      };
      const more = { sae: {}, schedulerx: { force: '', method: 'POST' } };
      const products = { sae: 'sae', schedulerx: 'schedulerx2' } as const;
      for (const dialect of ['sae', 'schedulerx'] as const) {
        const request = await shown(dialect, 'CreateJob', 'cli', values[dialect]);
        const [product, operation, ...rest] = await requests.argv(request);
        assert.deepEqual([product, operation], [products[dialect], 'CreateJob']);
        const texts = Object.entries(values[dialect]).map(([name, value]) => [name, String(value)]);
        assert.deepEqual(aliyunFlags(rest), {
          region: 'cn-hangzhou',
          endpoint: new URL(server.url).host,
          insecure: '',
          ...more[dialect],
          ...Object.fromEntries(texts),
        });
      }
    });
  },
);
