import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createTemplate, exec, finished, refusal } from '../../support/sae.ts';
import { clientWithPolicy, currentClient, rowsOf, suiteServer } from './operations-clients.ts';

const app = '/pop/v1/sam/app';

suite('policies of supporting operations', () => {
  const running = suiteServer();

  test('policies name the template behind an instance, an order and a pipeline', async () => {
    const server = running();
    const root = currentClient(server);
    const found = async () => {
      const AppId = await createTemplate(server.sae, ['true']);
      await finished(server.sae, AppId, await exec(server.sae, AppId));
      const shown = await root(
        'DescribeApplicationInstances',
        'GET',
        `${app}/describeApplicationInstances`,
        {
          AppId,
        },
      );
      const [row] = rowsOf(shown['Data'], 'Instances');
      const listed = await root(
        'ListNamespaceChangeOrders',
        'GET',
        '/pop/v1/sam/changeorder/listNamespaceChangeOrders',
        { NamespaceId: 'cn-hangzhou' },
      );
      const order = rowsOf(listed['Data'], 'ChangeOrderList').find((one) => one['AppId'] === AppId);
      return {
        AppId,
        InstanceId: String(row?.['InstanceId']),
        ChangeOrderId: String(order?.['ChangeOrderId']),
        PipelineId: String(order?.['Pipelines']),
      };
    };
    const [own, other] = [await found(), await found()];
    const Resource = `acs:sae:*:*:application/cn-hangzhou/${own.AppId}`;
    const call = await clientWithPolicy(server, 'limited', [
      { Effect: 'Allow', Action: 'sae:*', Resource },
    ]);
    const Namespace = 'cn-hangzhou';
    const folder = '/pop/v1/sam/changeorder';
    const asks = ({ AppId, InstanceId, ChangeOrderId, PipelineId }: typeof own) => [
      () =>
        call('DescribeInstanceLog', 'GET', '/pop/v1/sam/instance/describeInstanceLog', {
          InstanceId,
        }),
      () =>
        call('DescribeApplicationInstances', 'GET', `${app}/describeApplicationInstances`, {
          AppId,
        }),
      () => call('DescribeApplicationGroups', 'GET', `${app}/describeApplicationGroups`, { AppId }),
      () => call('ListAppEvents', 'GET', `${app}/listAppEvents`, { Namespace, AppId }),
      () => call('DescribeChangeOrder', 'GET', `${folder}/DescribeChangeOrder`, { ChangeOrderId }),
      () => call('DescribePipeline', 'GET', `${folder}/DescribePipeline`, { PipelineId }),
      () => call('ListChangeOrders', 'GET', `${folder}/ListChangeOrders`, { AppId }),
      () =>
        call(
          'TagResources',
          'POST',
          '/tags',
          {},
          {
            ResourceType: 'application',
            ResourceIds: JSON.stringify([AppId]),
            Tags: '[{"key":"k","value":"v"}]',
          },
        ),
    ];
    for (const ask of asks(own)) await ask();
    for (const ask of asks(other)) assert.equal((await refusal(ask())).code, 'NoPermission');
    // Neither a whole namespace nor several templates are this one template.
    for (const ask of [
      () => call('ListAppEvents', 'GET', `${app}/listAppEvents`, { Namespace }),
      () =>
        call('ListNamespaceChangeOrders', 'GET', `${folder}/listNamespaceChangeOrders`, {
          NamespaceId: Namespace,
          AppId: own.AppId,
        }),
      () =>
        call('ListTagResources', 'GET', '/tags', {
          RegionId: 'cn-hangzhou',
          ResourceType: 'application',
          ResourceIds: `${own.AppId},${other.AppId}`,
        }),
    ]) {
      assert.equal((await refusal(ask())).code, 'NoPermission');
    }
  });
});
