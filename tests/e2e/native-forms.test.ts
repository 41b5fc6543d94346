import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import type { FormView } from '../../src/dialects/native/views/operations-forms.ts';
import Database from 'better-sqlite3';
import { sqliteLink, startCdmProgram } from '../dialects/cdm/program.ts';
import { missingTools } from '../support/tools.ts';
import { createKey, dataFolder, type PrintedKey, startServer } from '../support/server.ts';
import { PATIENCE_MS } from '../support/until.ts';

const run = promisify(execFile);
const { RPCClient } = createRequire(import.meta.url)('@alicloud/pop-core') as {
  RPCClient: new (config: Readonly<Record<string, string>>) => {
    request(
      action: string,
      params: Readonly<Record<string, string>>,
      options: object,
    ): Promise<unknown>;
  };
};

interface Answer {
  readonly status: number;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any -- the shape is what is tested
}

/** A real server and somebody who asks it. */
async function bench(t: TestContext, args: readonly string[] = ['--user', 'root', '--root']) {
  const server = await startServer(t, await dataFolder(t));
  const key = await createKey(t, server.dataDir, args);
  return { server, key, ask: asker(server.url, key) };
}

function asker(url: string, { id, secret }: PrintedKey) {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  return async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const reply = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    return { status: reply.status, body: text === '' ? null : JSON.parse(text) };
  };
}

suite('forms of operations', { concurrency: 2 }, () => {
  test('every dialect lists create, change and run; each form has its fields in both languages', async (t) => {
    const { ask } = await bench(t);
    const { body } = await ask('GET', '/operations');
    const kinds = body.rows.map((row: FormView) => `${row.dialect} ${row.kind} ${row.operation}`);
    assert.deepEqual(kinds.toSorted(), [
      'cdm create createJob',
      'cdm execute startJob',
      'cdm update updateJob',
      'native create CreateTemplate',
      'native execute SubmitRun',
      'native update UpdateTemplate',
      'sae create CreateJob',
      'sae execute ExecJob',
      'sae update UpdateJob',
      'schedulerx create CreateJob',
      'schedulerx execute ExecuteJob',
      'schedulerx update UpdateJob',
    ]);
    for (const { dialect, operation } of body.rows as FormView[]) {
      const form = (await ask('GET', `/operations/${dialect}/${operation}`)).body as FormView;
      const keys = new Set(form.sections.map(({ key }) => key));
      for (const [name, field] of Object.entries(form.schema.properties)) {
        assert.ok(keys.has(field['x-section'] ?? ''), `${operation}.${name} stands in a section`);
        assert.notEqual(field['x-zh'].title, '', `${operation}.${name} has a Chinese title`);
        const { description = '' } = field;
        if (description !== '')
          assert.ok(field['x-zh'].description, `${operation}.${name} has a Chinese note`);
      }
      for (const name of form.schema.required) assert.ok(name in form.schema.properties, name);
    }
    const unknown = await ask('GET', '/operations/sae/DropAll');
    assert.deepEqual([unknown.status, unknown.body.code], [404, 'no-such-operation']);
  });

  test('SAE: a filled form makes, changes and runs a job; secrets are shown nowhere', async (t) => {
    const { ask } = await bench(t);
    const values = {
      AppName: 'from-a-form',
      Workload: 'job',
      PackageType: 'Image',
      ImageUrl: 'longshore/host',
      Replicas: 1,
      Command: 'sh',
      CommandArgs: '["-c","echo $GREETING"]',
      Envs: '[{"name":"GREETING","value":"hello"},{"name":"DB_PASSWORD","value":"hunter2-abc"}]',
      OssAkId: 'ak',
      OssAkSecret: 'sssh-secret',
    };
    const made = await ask('POST', '/operations/sae/CreateJob/invoke', { values });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    const { templateId } = made.body;
    assert.equal(made.body.body.Data.AppId, templateId);

    const shown = await ask('GET', `/templates/${templateId}/document`);
    assert.equal(shown.body.document.AppName, 'from-a-form');
    assert.ok(!JSON.stringify(shown.body).includes('hunter2-abc'), 'variables are masked');
    assert.equal(shown.body.document.OssAkSecret, '******');

    const form = (await ask('GET', `/templates/${templateId}/operations/UpdateJob`))
      .body as FormView;
    assert.equal(form.values['AppId'], templateId);
    assert.equal(form.values['OssAkSecret'], '******');
    assert.equal(form.values['Replicas'], 1);

    const change = { AppId: templateId, Command: 'echo', CommandArgs: '', OssAkSecret: '******' };
    const changed = await ask('POST', '/operations/sae/UpdateJob/invoke', { values: change });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    const first = (await ask('GET', `/templates/${templateId}/revisions/1`)).body;
    const second = (await ask('GET', `/templates/${templateId}/revisions/2`)).body;
    assert.deepEqual(first.spec.task.argv, ['sh', '-c', 'echo $GREETING']);
    assert.deepEqual(second.spec.task.argv, ['echo']);
    assert.equal(first.spec.task.env.DB_PASSWORD, '******');
    const none = await ask('GET', `/templates/${templateId}/revisions/3`);
    assert.deepEqual([none.status, none.body.code], [400, 'invalid-argument']);

    const started = await ask('POST', '/operations/sae/ExecJob/invoke', {
      values: { AppId: templateId, EventId: 'once' },
    });
    assert.equal(started.status, 200, JSON.stringify(started.body));
    const ended = await ask('GET', `/runs/${started.body.runId}?waitMs=${PATIENCE_MS}`);
    assert.equal(ended.body.templateId, templateId);
    assert.equal(ended.body.state, 'succeeded');

    const { body } = await ask('POST', '/operations/sae/CreateJob/render', { values });
    const told = Object.fromEntries(
      body.rows.map((row: { kind: string; text: string }) => [row.kind, row.text]),
    );
    assert.match(
      told.typescript,
      /new OpenApiRequest\(\{\n  query: \{\n    AppName: 'from-a-form',/,
    );
    assert.match(told.python, /models\.CreateJobRequest\(\n    app_name="from-a-form",/);
    assert.match(told.cli, /^aliyun sae CreateJob [^]*--endpoint 127\.0\.0\.1:\d+ --insecure/);
    assert.match(told.cli, /--CommandArgs '\["-c","echo \$GREETING"\]'/);
    assert.ok(!JSON.stringify(body).includes('sssh-secret'));
  });

  test('a refusal has the words and the status of its API', async (t) => {
    const { ask } = await bench(t);
    const refused = await ask('POST', '/operations/sae/CreateJob/invoke', {
      values: { AppName: '1' },
    });
    assert.equal(refused.body.code, 'operation-refused');
    assert.deepEqual([refused.status, refused.body.wireCode], [400, 'InvalidParameter.NotEmpty']);
    const missing = await ask('POST', '/operations/schedulerx/CreateJob/invoke', { values: {} });
    assert.deepEqual([missing.status, missing.body.wireCode], [400, 'MissingNamespace']);
    const cdm = await ask('POST', '/operations/cdm/createJob/invoke', { values: { name: 'x' } });
    assert.deepEqual([cdm.status, cdm.body.wireCode], [404, 'Cdm.0201']);
    const native = await ask('POST', '/operations/native/CreateTemplate/invoke', {
      values: { name: 'x', command: [] },
    });
    assert.deepEqual([native.status, native.body.code], [400, 'invalid-request']);
  });

  test('the policies of the dialect hold, besides that of invoking', async (t) => {
    const { server, ask } = await bench(t);
    const values = {
      AppName: 'mine',
      Workload: 'job',
      PackageType: 'Image',
      ImageUrl: 'longshore/host',
      Replicas: 1,
    };
    const policy = (action: string[]) => ({
      document: { Version: '1', Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }] },
    });
    await ask('PUT', '/policies/invoke-only', policy(['longshore:*']));
    await ask(
      'PUT',
      '/policies/invoke-and-create',
      policy(['longshore:InvokeOperation', 'sae:CreateJob']),
    );
    const poor = await createKey(t, server.dataDir, ['--user', 'poor', '--policy', 'invoke-only']);
    const rich = await createKey(t, server.dataDir, [
      '--user',
      'rich',
      '--policy',
      'invoke-and-create',
    ]);
    const denied = await asker(server.url, poor)('POST', '/operations/sae/CreateJob/invoke', {
      values,
    });
    assert.deepEqual([denied.status, denied.body.wireCode], [403, 'NoPermission']);
    const allowed = await asker(server.url, rich)('POST', '/operations/sae/CreateJob/invoke', {
      values,
    });
    assert.equal(allowed.status, 200, JSON.stringify(allowed.body));
    const listing = await asker(server.url, rich)('GET', '/templates?cursor=');
    assert.deepEqual([listing.status, listing.body.code], [403, 'forbidden']);
    const changes = await ask('GET', `/templates/${allowed.body.templateId}/changes`);
    assert.equal(changes.body.rows[0].by, 'rich');
    const lines = (await ask('GET', '/audit?limit=50')).body.rows as Record<string, unknown>[];
    const told = lines
      .filter(({ operation }) => operation === 'CreateJob' || operation === 'InvokeOperation')
      .map(({ user, dialect, outcome }) => `${String(user)} ${String(dialect)} ${String(outcome)}`);
    assert.deepEqual(told.toSorted(), ['poor sae refused', 'rich sae ok']);
  });

  test('SchedulerX: a job is made, shown in its form, and run', async (t) => {
    const { server, key, ask: asked } = await bench(t);
    const group = { Namespace: 'default', GroupId: 'app' };
    const client = new RPCClient({
      accessKeyId: key.id,
      accessKeySecret: key.secret,
      endpoint: server.url,
      apiVersion: '2019-04-30',
    });
    await client.request('CreateAppGroup', { ...group, RegionId: 'r', AppName: 'app' }, {});
    const values = {
      ...group,
      Name: 'hello',
      JobType: 'shell',
      ExecuteMode: 'standalone',
      TimeType: 100,
      Content: 'echo "hi"',
    };
    const made = await asked('POST', '/operations/schedulerx/CreateJob/invoke', { values });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    const { templateId } = made.body;
    const form = (await asked('GET', `/templates/${templateId}/operations/UpdateJob`))
      .body as FormView;
    assert.deepEqual(
      [
        form.values['JobId'],
        form.values['GroupId'],
        form.values['Content'],
        form.values['TimeType'],
      ],
      [Number(templateId), 'app', 'echo "hi"', 100],
    );
    const ran = await asked('POST', '/operations/schedulerx/ExecuteJob/invoke', {
      values: { ...group, JobId: Number(templateId) },
    });
    assert.equal(ran.status, 200, JSON.stringify(ran.body));
    const ended = await asked('GET', `/runs/${ran.body.runId}?waitMs=${PATIENCE_MS}`);
    assert.equal(ended.body.state, 'succeeded');
  });

  test('native: what is shown as fetch, curl and command line does what the form does', async (t) => {
    const { server, key, ask } = await bench(t);
    const values = {
      name: 'shown',
      command: ['/bin/sh', '-c', `echo "it's" '$HOME'`],
      env: { GREETING: `a 'b' "c"` },
      retries: 2,
      timeoutMs: 60_000,
      schedule: '0 3 * * *',
      timezone: 'Europe/Berlin',
    };
    const { body } = await ask('POST', '/operations/native/CreateTemplate/render', { values });
    const env = {
      ...process.env,
      LONGSHORE_ACCESS_KEY_ID: key.id,
      LONGSHORE_ACCESS_KEY_SECRET: key.secret,
      LONGSHORE_SERVER: server.url,
    };
    const folder = await dataFolder(t);
    const program = join(import.meta.dirname, '..', '..', 'bin', 'longshore');
    const commands: Record<string, (text: string) => Promise<readonly string[]>> = {
      async typescript(text) {
        const file = join(folder, 'call.mjs');
        await writeFile(file, text);
        return [process.execPath, file];
      },
      longshore: async (text) => [
        'sh',
        '-c',
        `longshore() { '${process.execPath}' '${program}' "$@"; }\n${text}`,
      ],
      curl: async (text) => ['sh', '-c', text],
    };
    for (const { kind, text } of body.rows as { kind: string; text: string }[]) {
      const prepare = commands[kind];
      if (prepare === undefined) continue;
      const [file = '', ...args] = await prepare(text);
      await run(file, args, { env, timeout: PATIENCE_MS });
      const found = (await ask('GET', '/templates/shown')).body;
      assert.deepEqual([kind, found.command, found.env], [kind, values.command, values.env]);
      assert.deepEqual(
        [kind, found.retries, found.timeoutMs, found.schedule.timing.expression, found.timezone],
        [kind, 2, 60_000, '0 3 * * *', 'Europe/Berlin'],
      );
      assert.equal((await ask('DELETE', `/templates/${found.id}`)).status, 204);
    }
  });

  test('CDM: a job is made, shown in its form, changed and started; rows arrive', async (t) => {
    const program = await startCdmProgram(t);
    const { databases, clusterId, projectId } = program;
    const ask = asker(program.server.url, program.key);
    const source = new Database(join(databases, 'a.db'));
    source.exec(
      "create table orders (id integer primary key, note text); insert into orders values (1, '100%25'), (2, 'b')",
    );
    source.close();
    await program.cdm('POST', '/link', {
      links: [sqliteLink('a', 'a.db'), sqliteLink('b', 'b.db')],
    });

    const empty = (await ask('GET', '/operations/cdm/createJob')).body as FormView;
    assert.deepEqual(empty.values, { project_id: projectId, cluster_id: clusterId });
    const values = {
      ...empty.values,
      name: 'moved',
      job_type: 'NORMAL_JOB',
      'from-link-name': 'a',
      'from-connector-name': 'generic-jdbc-connector',
      'to-link-name': 'b',
      'to-connector-name': 'generic-jdbc-connector',
      from: { schemaName: 'main', tableName: 'orders', whereClause: "note like '100%25'" },
      to: { schemaName: 'main', tableName: 'orders', tablePreparation: 'CREATE_WHEN_NOT_EXIST' },
      driver: { 'throttlingConfig.numExtractors': 1, 'throttlingConfig.recordDirtyData': true },
    };
    const made = await ask('POST', '/operations/cdm/createJob/invoke', { values });
    assert.equal(made.status, 200, JSON.stringify(made.body));
    const { templateId } = made.body;
    const form = (await ask('GET', `/templates/${templateId}/operations/updateJob`))
      .body as FormView;
    assert.deepEqual(form.values, { ...values, job_name: 'moved' });

    const changed = await ask('POST', '/operations/cdm/updateJob/invoke', {
      values: { ...form.values, from: { schemaName: 'main', tableName: 'orders' } },
    });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    assert.equal(changed.body.templateId, templateId);
    const started = await ask('POST', '/operations/cdm/startJob/invoke', {
      values: { cluster_id: clusterId, job_name: 'moved' },
    });
    assert.equal(started.status, 200, JSON.stringify(started.body));
    const ended = await ask('GET', `/runs/${started.body.runId}?waitMs=${PATIENCE_MS}`);
    assert.equal(ended.body.state, 'succeeded', JSON.stringify(ended.body));
    const target = new Database(join(databases, 'b.db'));
    assert.deepEqual(target.prepare('select note from orders order by id').pluck().all(), [
      '100%25',
      'b',
    ]);
    target.close();
    const { rows } = (await ask('POST', '/operations/cdm/createJob/render', { values })).body;
    const cli = rows.find(({ kind }: { kind: string }) => kind === 'cli').text;
    assert.match(cli, /^hcloud CDM CreateJob [^]*--jobs\.1\.from-link-name=a/);
  });

  test('what is shown as TypeScript and Python can be read by both', async (t) => {
    const { ask } = await bench(t);
    const folder = await dataFolder(t);
    const odd = `it's "odd" \\ \n $HOME ${'`'}x${'`'} 中文`;
    const { body } = await ask('GET', '/operations');
    for (const { dialect, operation } of body.rows as FormView[]) {
      const form = (await ask('GET', `/operations/${dialect}/${operation}`)).body as FormView;
      const texts = Object.entries(form.schema.properties)
        .filter(([, { type, enum: words }]) => type === 'string' && words === undefined)
        .map(([name]) => [name, odd]);
      const values = { ...Object.fromEntries(texts), from: { tableName: odd } };
      const answer = await ask('POST', `/operations/${dialect}/${operation}/render`, { values });
      const file = join(folder, `${dialect}-${operation}`);
      for (const { kind, text } of answer.body.rows as { kind: string; text: string }[]) {
        if (kind === 'typescript') {
          await writeFile(`${file}.mjs`, text);
          await run(process.execPath, ['--check', `${file}.mjs`], { timeout: PATIENCE_MS });
        } else if (kind !== 'python') {
          await run('sh', ['-n', '-c', text], { timeout: PATIENCE_MS });
        } else if (missingTools().every(({ name }) => name !== 'python3')) {
          await writeFile(`${file}.py`, text);
          const check = 'import ast, sys; ast.parse(open(sys.argv[1], encoding="utf-8").read())';
          await run('python3', ['-c', check, `${file}.py`], { timeout: PATIENCE_MS });
        }
      }
    }
  });

  test('an untidy form is refused and carries nothing out', async (t) => {
    const { ask } = await bench(t);
    for (const body of [{}, { values: [] }, { values: {}, more: 1 }, { values: 'x' }]) {
      const answer = await ask('POST', '/operations/sae/CreateJob/invoke', body);
      assert.deepEqual(
        [answer.status, answer.body.code],
        [400, 'invalid-request'],
        JSON.stringify(body),
      );
    }
    const proto = await ask('POST', '/operations/cdm/createJob/render', {
      values: JSON.parse(
        '{"from": {"toString": {"x": "1"}, "constructor": "2"}, "name": {"a": 1}}',
      ),
    });
    assert.equal(proto.status, 200);
    assert.equal((await ask('GET', '/templates?cursor=')).body.rows.length, 0);
  });
});
