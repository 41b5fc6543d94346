/** The ten operations on the real engine and the real store; nothing runs, so jobs stay queued. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { scheduleDefaults } from '../../../../src/domain/schedule/definition.ts';
import { product } from './product.ts';
import { callOf, smallest } from './support.ts';

type Values = Readonly<Record<string, string>>;

describe('SAE operations', () => {
  test('create, change, describe', async (context) => {
    const { create, data, code } = await product(context);
    const AppId = await create({ Command: 'echo' });
    const other = await create({ RefAppId: AppId });
    const update = await data('UpdateJob', { AppId, CommandArgs: '["b"]', Timeout: '5' });
    assert.equal(update['AppId'], AppId);
    assert.match(String(update['ChangeOrderId']), /^[0-9a-f-]{36}$/);
    const shown = await data('DescribeJob', { AppId });
    assert.deepEqual(
      [shown['Command'], shown['CommandArgs'], shown['Timeout'], shown['RefedAppIds']],
      ['echo', '["b"]', 5, [other]],
    );
    assert.equal(await code('UpdateJob', { AppId, RefAppId: AppId }), 'InvalidParameter.Obviously');
    assert.equal(await code('UpdateJob', { AppId, RefAppId: 'x' }), 'InvalidApplication.NotFound');
    assert.equal(
      await code('CreateJob', { ...smallest, RefAppId: 'x' }),
      'InvalidApplication.NotFound',
    );
  });

  test('every job operation refuses an absent and an unknown AppId', async (context) => {
    const { sae, code } = await product(context);
    for (const { name, path, parameters } of sae.operations) {
      if (!path.startsWith('/pop/v1/sam/job/')) continue;
      if (!parameters.some((parameter) => parameter.name === 'AppId')) continue;
      const rest = { Suspend: 'true', JobId: 'x' };
      assert.equal(await code(name, rest), 'InvalidParameter.NotEmpty', name);
      assert.equal(await code(name, { ...rest, AppId: 'x' }), 'InvalidApplication.NotFound', name);
    }
  });

  test('ExecJob: answer, snapshot, idempotency, order of checks', async (context) => {
    const { create, call, data, code, exec } = await product(context);
    const AppId = await create({ Command: 'echo' });
    const reply = (await call('ExecJob', { AppId, EventId: 'e', Command: 'sh' })).data as Values;
    assert.deepEqual(
      { ...reply, Data: '' },
      { Data: '', Msg: 'success', Success: 'true', Code: '200' },
    );
    assert.match(reply['Data'] ?? '', /^manual-[0-9a-f-]{36}$/);
    // A known EventId answers before anything else is looked at (U11).
    assert.equal(await exec({ AppId, EventId: 'e', Replicas: 'x', Time: 'x' }), reply['Data']);
    assert.equal(await code('ExecJob', { AppId: 'x', Time: 'x' }), 'InvalidApplication.NotFound');
    const JobId = reply['Data'] ?? '';
    assert.equal((await data('DescribeJob', { AppId, JobId }))['Command'], 'sh');
    assert.equal((await data('DescribeJob', { AppId }))['Command'], 'echo');
    await call('SuspendJob', { AppId, Suspend: 'true' });
    assert.equal(await code('ExecJob', { AppId, Replicas: 'x' }), 'InvalidParameter.Obviously');
    assert.equal(await code('ExecJob', { AppId, Replicas: '51' }), 'JobSuspend');
    await call('SuspendJob', { AppId, Suspend: 'false' });
    assert.equal(
      await code('ExecJob', { AppId, Replicas: '51' }),
      'NoComputeResourceQuota.App.Exceed',
    );
    await call('UpdateJob', { AppId, ConcurrencyPolicy: 'Forbid' });
    assert.equal(await code('ExecJob', { AppId, Replicas: '51' }), 'JobForbidPolicy');
  });

  test('history, status, deletion of a record', async (context) => {
    const { create, data, code, exec, call } = await product(context);
    const AppId = await create();
    const stranger = await create();
    assert.deepEqual(await data('DescribeJobStatus', { AppId }), {
      State: '0',
      Active: 0,
      Succeeded: 0,
      Failed: 0,
      Message: '',
    });
    const first = await exec({ AppId });
    const second = await exec({ AppId });
    const history = await data('DescribeJobHistory', { AppId, PageSize: '1' });
    assert.deepEqual(
      [history['CurrentPage'], history['PageSize'], history['TotalSize']],
      [1, 1, 2],
    );
    assert.equal((history['Jobs'] as Values[])[0]?.['JobId'], second);
    assert.equal((await data('DescribeJobHistory', { AppId, State: '1' }))['TotalSize'], 0);
    assert.deepEqual((await data('DescribeJobHistory', { AppId, PageSize: '0' }))['Jobs'], []);
    assert.equal((await data('DescribeJobStatus', { AppId }))['JobId'], second);
    assert.equal((await data('DescribeJobStatus', { AppId, JobId: first }))['State'], '0');
    for (const name of ['DescribeJob', 'DescribeJobStatus', 'DeleteHistoryJob']) {
      const wrong = { AppId: stranger, JobId: first };
      assert.equal(await code(name, wrong), 'InvalidParameter.WithMessage', name);
    }
    const deleted = await call('DeleteHistoryJob', { AppId, JobId: first });
    assert.equal(deleted.data, '{"msg":"","code":200,"success":true}');
    assert.equal(
      await code('DescribeJobStatus', { AppId, JobId: first }),
      'InvalidParameter.WithMessage',
    );
    for (const wrong of [{ State: '4' }, { PageSize: '10001' }, { CurrentPage: '0' }]) {
      assert.equal(
        await code('DescribeJobHistory', { AppId, ...wrong }),
        'InvalidParameter.Obviously',
      );
    }
  });

  test('SuspendJob follows the chosen meaning and reads back', async (context) => {
    for (const [suspendSemantics, suspended] of [
      ['field', true],
      ['manual', false],
    ] as const) {
      const { create, call, data } = await product(context, { suspendSemantics });
      const AppId = await create();
      const reply = await call('SuspendJob', { AppId, Suspend: 'TRUE' });
      assert.equal(reply.data, '{"success":true}');
      assert.equal((await data('DescribeJob', { AppId }))['Suspend'], suspended);
    }
  });

  test('ListJobs: filters, order, paging', async (context) => {
    const { create, call, code, exec } = await product(context);
    const alpha = await create({ AppName: 'alpha', Replicas: '3' });
    const beta = await create({ AppName: 'beta', NamespaceId: 'cn-hangzhou:team' });
    for (const AppId of [alpha, beta]) await exec({ AppId });
    const list = async (values: Values) => {
      const { data, top, omitTraceId } = await call('ListJobs', values);
      assert.equal(omitTraceId, true);
      const { Applications, ...paging } = data as { Applications: Values[] };
      assert.deepEqual(top, paging);
      return Applications.map((row) => row['AppId']);
    };
    assert.deepEqual(await list({ Workload: 'job' }), [beta, alpha]);
    assert.deepEqual(await list({ Reverse: 'true' }), [alpha, beta]);
    assert.deepEqual(await list({ OrderBy: 'instances' }), [alpha, beta]);
    assert.deepEqual(await list({ NamespaceId: 'cn-hangzhou:team' }), [beta]);
    assert.deepEqual(await list({ AppName: 'lph' }), [alpha]);
    assert.deepEqual(await list({ FieldType: 'appName', FieldValue: 'eta' }), [beta]);
    assert.deepEqual(await list({ FieldType: 'appIds', FieldValue: `${alpha}, x` }), [alpha]);
    assert.deepEqual(await list({ PageSize: '1', CurrentPage: '2' }), [alpha]);
    assert.deepEqual(await list({ PageSize: '0' }), []);
    assert.deepEqual(await list({ Tags: '[{"key":"k","value":"v"}]' }), []);
    assert.deepEqual(await list({ Tags: '[]', PageSize: '1' }), [beta]);
    assert.equal(
      await code('ListJobs', { NamespaceId: 'cn-hangzhou:no' }),
      'InvalidNamespaceId.NotFound',
    );
    for (const wrong of [
      { Workload: 'app' },
      { OrderBy: 'name' },
      { PageSize: '201' },
      { Reverse: '2' },
    ]) {
      assert.equal(
        await code('ListJobs', wrong),
        'InvalidParameter.Obviously',
        JSON.stringify(wrong),
      );
    }
  });

  test('a timer arms, pauses and clears the schedule; a bad one changes nothing', async (context) => {
    const { sae, create, call, data, code } = await product(context);
    const { templates } = sae.services.context.engine;
    const timer = '{"type":"time","config":"0 1 */1 * ?","timezone":"GMT+8:00"}';
    const AppId = await create({ TriggerConfig: timer });
    assert.ok(((await templates.schedule(AppId))?.nextAtMs ?? 0) > Date.now());
    assert.equal((await data('DescribeJob', { AppId }))['TriggerConfig'], timer);
    await call('SuspendJob', { AppId, Suspend: 'true' });
    assert.deepEqual(await templates.schedule(AppId), {
      nextAtMs: null,
      lastAtMs: null,
      note: 'the template is suspended',
    });
    await call('SuspendJob', { AppId, Suspend: 'false' });
    assert.ok(((await templates.schedule(AppId))?.nextAtMs ?? 0) > Date.now());
    const bad = '{"type":"time","config":"0 1 * *"}';
    const wrong = 'InvalidParameter.WithMessage';
    assert.equal(await code('CreateJob', { ...smallest, TriggerConfig: bad }), wrong);
    assert.equal(await code('UpdateJob', { AppId, TriggerConfig: bad }), wrong);
    assert.equal((await data('DescribeJob', { AppId }))['TriggerConfig'], timer);
    await call('UpdateJob', { AppId, TriggerConfig: '' });
    assert.equal(await templates.schedule(AppId), null);
    assert.deepEqual(await templates.firings(AppId, 0, 10), { rows: [], total: 0 });
    for (const ask of [templates.schedule('x'), templates.firings('x', 0, 10)]) {
      await assert.rejects(ask, { code: 'template-not-found' });
    }
  });

  test('the engine stores no invalid schedule, whatever a dialect lets through', async (context) => {
    const { sae, create } = await product(context);
    const { templates } = sae.services.context.engine;
    const AppId = await create({});
    const good = await templates.get(AppId);
    assert.ok(good);
    const timing = { kind: 'cron', expression: '0 0 30 2 *' } as const;
    const invalid = { ...good, schedule: { ...scheduleDefaults, timing, zone: 'Mars/Base' } };
    const told = { code: 'invalid-argument', message: /no further firing ever/ };
    const alsoTold = { code: 'invalid-argument', message: /Mars\/Base/ };
    for (const expected of [told, alsoTold]) {
      await assert.rejects(templates.create(invalid, 'ann'), expected);
      await assert.rejects(
        templates.update(AppId, 'sae', () => invalid, 'ann'),
        expected,
      );
    }
    assert.equal((await templates.get(AppId))?.revision, 1);
    assert.equal((await templates.list({ offset: 0, limit: 10 })).total, 1);
  });

  test('DeleteJob takes the template away', async (context) => {
    const { create, call, code } = await product(context);
    const AppId = await create();
    const reply = await call('DeleteJob', { AppId });
    assert.equal(reply.data, '{"msg":"","code":200,"success":true}');
    assert.equal(await code('DescribeJob', { AppId }), 'InvalidApplication.NotFound');
    assert.equal(await code('DeleteJob', { AppId }), 'InvalidApplication.NotFound');
  });

  test('operations on a template name it for the policies', async (context) => {
    const { sae, create } = await product(context);
    const AppId = await create({ NamespaceId: 'cn-hangzhou:team' });
    const exec = sae.operations.find((item) => item.name === 'ExecJob');
    const resource = async (values: Values) =>
      exec?.resource?.(callOf(values).params, sae.services);
    assert.equal(
      await resource({ AppId }),
      `acs:sae:cn-hangzhou:1:application/cn-hangzhou:team/${AppId}`,
    );
    assert.equal(await resource({}), '*');
  });

  test('a secret is stored encrypted, shown masked, and kept by an update', async (context) => {
    const { sae, create, call } = await product(context);
    const AppId = await create({ OssAkId: 'id', OssAkSecret: 'the secret' });
    const stored = async () =>
      (await sae.services.context.engine.templates.get(AppId))?.document['OssAkSecret'];
    const first = await stored();
    assert.ok(typeof first === 'string' && first !== '' && !first.includes('secret'));
    const described = (await call('DescribeJob', { AppId })).data as Record<string, unknown>;
    assert.equal(described['OssAkSecret'], '******');
    await call('UpdateJob', { AppId, OssAkSecret: '******', Replicas: '2' });
    assert.equal(await stored(), first);
  });

  test('a secret is shown in clear where the operator wants it so', async (context) => {
    const { create, data } = await product(context, { showOssSecret: true });
    const AppId = await create({ OssAkId: 'id', OssAkSecret: 'the secret' });
    assert.equal((await data('DescribeJob', { AppId }))['OssAkSecret'], 'the secret');
  });

  test('changes are refused during maintenance, runs are not', async (context) => {
    const { sae, create, code } = await product(context);
    const AppId = await create();
    const closed = { ...sae.services, settings: { ...sae.services.settings, maintenance: true } };
    for (const name of ['CreateJob', 'UpdateJob']) {
      const operation = sae.operations.find((item) => item.name === name);
      await assert.rejects(async () => operation?.handle(callOf({}), closed), {
        code: 'System.Upgrading',
        message: 'The system is being upgraded. Please try again later.',
      });
    }
    assert.equal(await code('ExecJob', { AppId }), 'success');
  });
});
