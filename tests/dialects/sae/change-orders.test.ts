import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createTemplate, refusal } from '../../support/sae.ts';
import {
  assertEnvelope,
  clientCores,
  currentClient,
  type OperationCall,
  rowsOf,
  suiteServer,
  types,
  typesOf,
} from './operations-clients.ts';

const folder = '/pop/v1/sam/changeorder';
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const shanghaiTime = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
const listed = {
  ...types('string', 'ChangeOrderId AppId CoType CoTypeCode Description BatchType CreateTime'),
  ...types('string', 'FinishTime CreateUserId UserId GroupId Source'),
  ...types('number', 'Status BatchCount'),
};

suite('change orders', () => {
  const running = suiteServer();

  for (const [name, make] of Object.entries(clientCores)) {
    test(`a template’s life as change orders: ${name}`, async () => {
      const server = running();
      const call = make(server);
      const AppId = await createTemplate(server.sae, ['true'], { AcrInstanceId: 'cri-1' });
      await server.sae('UpdateJob', 'POST', '/pop/v1/sam/job/updateJob', { AppId, Replicas: '2' });
      for (const Suspend of ['true', 'false']) {
        await server.sae('SuspendJob', 'GET', '/pop/v1/sam/job/suspendJob', { AppId, Suspend });
      }

      const all = await list(call, { AppId });
      assert.deepEqual([all['CurrentPage'], all['PageSize'], all['TotalSize']], [1, 20, 4]);
      const orders = rowsOf(all, 'ChangeOrderList');
      assert.deepEqual(
        orders.map((order) => order['CoTypeCode']),
        ['CoStart', 'CoStop', 'CoDeploy', 'CoCreateApp'],
      );
      assert.deepEqual(typesOf(orders[0]), listed);
      const oldestFirst = rowsOf(
        await list(call, { AppId, Reverse: 'true', PageSize: '1', OrderBy: 'id' }),
        'ChangeOrderList',
      );
      assert.deepEqual(
        oldestFirst.map((order) => order['CoTypeCode']),
        ['CoCreateApp'],
      );

      const id = String(orders[3]?.['ChangeOrderId']);
      const order = await data(call, 'DescribeChangeOrder', { ChangeOrderId: id });
      assert.deepEqual(typesOf(order), {
        ...types('string', 'ChangeOrderId AppId AppName CoType CoTypeCode Description'),
        ...types('string', 'ErrorMessage BatchType CreateTime CurrentPipelineId ApprovalId'),
        ...types('string', 'ApplicationUpdateStrategy'),
        ...types('number', 'Status SubStatus BatchCount BatchWaitTime'),
        ...types('boolean', 'Auto SupportRollback ApplicationEnableGreyTagRoute'),
        Pipelines: 'array',
      });
      assert.deepEqual(
        [order['AppId'], order['Status'], order['SubStatus'], order['BatchType']],
        [AppId, 2, 0, 'auto'],
      );
      assert.match(String(order['CreateTime']), shanghaiTime);
      const pipeline = rowsOf(order, 'Pipelines')[0];
      assert.deepEqual(typesOf(pipeline), {
        ...types('string', 'PipelineId PipelineName'),
        ...types('number', 'BatchType ParallelCount Status StartTime UpdateTime'),
      });
      const startMs = Number(pipeline?.['StartTime']);
      // Shanghai is eight hours ahead, all year.
      assert.equal(Date.parse(`${order['CreateTime']}+08:00`), Math.floor(startMs / 1000) * 1000);
      assert.match(String(pipeline?.['PipelineId']), uuid);
      assert.equal(order['CurrentPipelineId'], pipeline?.['PipelineId']);

      const described = await data(call, 'DescribePipeline', {
        PipelineId: String(order['CurrentPipelineId']),
      });
      assert.deepEqual(typesOf(described), {
        ...types('string', 'PipelineId PipelineName NextPipelineId CurrentStageId CoStatus'),
        PipelineStatus: 'number',
        ShowBatch: 'boolean',
        StageList: 'array',
      });
      const stage = rowsOf(described, 'StageList')[0];
      assert.deepEqual(typesOf(stage), {
        ...types('string', 'StageId StageName'),
        ...types('number', 'Status ExecutorType'),
        TaskList: 'array',
      });
      assert.deepEqual(typesOf(rowsOf(stage, 'TaskList')[0]), {
        ...types('string', 'TaskId TaskName StageId Message ErrorCode ErrorMessage'),
        ...types('number', 'Status ErrorIgnore'),
        ShowManualIgnore: 'boolean',
      });
    });
  }

  test('filters: type in both spellings, status, text of the description', async () => {
    const server = running();
    const call = currentClient(server);
    const AppId = await createTemplate(server.sae, ['true'], { AcrInstanceId: 'cri-1' });
    await server.sae('SuspendJob', 'GET', '/pop/v1/sam/job/suspendJob', { AppId, Suspend: 'true' });
    const codes = async (query: Readonly<Record<string, string>>) =>
      rowsOf(await list(call, { AppId, ...query }), 'ChangeOrderList').map(
        (order) => order['CoTypeCode'],
      );
    assert.deepEqual(await codes({ CoType: 'CoStop' }), ['CoStop']);
    assert.deepEqual(await codes({ CoType: 'CoStopApplication' }), ['CoStop']);
    assert.deepEqual(await codes({ CoType: 'CoBindSlb' }), []);
    assert.deepEqual(await codes({ CoStatus: 'SUCCESS' }), ['CoStop', 'CoCreateApp']);
    assert.deepEqual(await codes({ CoStatus: '2', CoType: 'CoCreateApp' }), ['CoCreateApp']);
    assert.deepEqual(await codes({ CoStatus: 'FAIL' }), []);
    assert.deepEqual(await codes({ Key: 'AcrInstanceId' }), ['CoCreateApp']);
    assert.deepEqual(await codes({ Key: 'nothing of that' }), []);
    for (const query of [{ CoType: 'coDeploy' }, { CoStatus: '4' }, { OrderBy: 'Status' }]) {
      assert.equal(
        (await refusal(list(call, { AppId, ...query }))).code,
        'InvalidParameter.Obviously',
        JSON.stringify(query),
      );
    }
  });

  test('orders of a namespace, also those of a template that is gone', async () => {
    const server = running();
    const call = currentClient(server);
    const AppId = await createTemplate(server.sae, ['true'], { AppName: 'gone' });
    await server.sae('DeleteJob', 'DELETE', '/pop/v1/sam/job/deleteJob', { AppId });
    const query = { NamespaceId: 'cn-hangzhou', CoType: 'CoDeleteApp' };
    const answer = await call(
      'ListNamespaceChangeOrders',
      'GET',
      `${folder}/listNamespaceChangeOrders`,
      query,
    );
    assertEnvelope(answer);
    const rows = rowsOf(answer['Data'], 'ChangeOrderList');
    const row = rows.find((order) => order['AppId'] === AppId);
    assert.deepEqual(typesOf(row), { ...listed, ...types('string', 'NamespaceId Pipelines') });
    assert.equal(row?.['NamespaceId'], 'cn-hangzhou');
    const pipeline = await data(call, 'DescribePipeline', {
      PipelineId: String(row?.['Pipelines']),
    });
    assert.equal(pipeline['PipelineStatus'], 2);
    assert.equal(rowsOf(await list(call, { AppId }), 'ChangeOrderList').length, 2);
    assert.deepEqual(
      await refusal(
        call('ListNamespaceChangeOrders', 'GET', `${folder}/listNamespaceChangeOrders`, {
          NamespaceId: 'cn-hangzhou:nowhere',
        }),
      ).then(({ code, status }) => [code, status]),
      ['InvalidNamespaceId.NotFound', 404],
    );
  });

  test('what cannot be found or stopped', async () => {
    const server = running();
    const call = currentClient(server);
    const told = async (work: Promise<unknown>) => {
      const { code, status } = await refusal(work);
      return [code, status];
    };
    const missing = ['InvalidChangeOrder.NotFound', 400];
    for (const id of ['no-uuid', '00000000-0000-4000-8000-000000000000']) {
      assert.deepEqual(
        await told(data(call, 'DescribeChangeOrder', { ChangeOrderId: id })),
        missing,
      );
      assert.deepEqual(await told(data(call, 'DescribePipeline', { PipelineId: id })), missing);
      assert.deepEqual(
        await told(data(call, 'AbortChangeOrder', { ChangeOrderId: id }, 'PUT')),
        missing,
      );
    }
    assert.deepEqual(await told(data(call, 'DescribeChangeOrder', {})), [
      'InvalidParameter.NotEmpty',
      400,
    ]);
    assert.deepEqual(await told(list(call, { AppId: 'nobody' })), ['InvalidAppId.NotFound', 404]);
    const AppId = await createTemplate(server.sae, ['true']);
    const [order] = rowsOf(await list(call, { AppId }), 'ChangeOrderList');
    const ChangeOrderId = String(order?.['ChangeOrderId']);
    assert.deepEqual(await told(data(call, 'AbortChangeOrder', { ChangeOrderId }, 'PUT')), [
      'Application.ChangerOrderRunning',
      400,
    ]);
  });
});

async function data(
  call: OperationCall,
  action: string,
  query: Readonly<Record<string, string>>,
  method: 'GET' | 'PUT' = 'GET',
): Promise<Record<string, unknown>> {
  const answer = await call(action, method, `${folder}/${action}`, query);
  assertEnvelope(answer);
  return answer['Data'] as Record<string, unknown>;
}

function list(
  call: OperationCall,
  query: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  return data(call, 'ListChangeOrders', query);
}
