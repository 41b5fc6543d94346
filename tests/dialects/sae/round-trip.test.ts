import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type SaeCall, saeClient } from '../../../examples/sae-client.ts';
import { popRoa, popRpc } from '../../support/pop-clients.ts';
import { finished, startSaeServer, type SaeServer } from '../../support/sae.ts';

const clients: Record<string, (server: SaeServer) => SaeCall> = {
  'openapi-client, V3': (server) => saeClient(server.url, server.key),
  'openapi-client, V1': (server) => saeClient(server.url, server.key, 'v2'),
  'pop-core, ROA': (server) => popRoa(server.url, server.key),
  'pop-core, RPC': (server) => popRpc(server.url, server.key),
};
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

suite('the ten operations round trip through Alibaba’s client cores', () => {
  for (const [name, make] of Object.entries(clients)) {
    test(name, async (t) => {
      const server = await startSaeServer(t);
      const sae = make(server);
      await roundTrip(server, sae);
    });
  }
});

async function roundTrip(server: SaeServer, sae: SaeCall): Promise<void> {
  const phpConfig = 'k1=v 1&é';
  const created = await sae(
    'CreateJob',
    'POST',
    '/pop/v1/sam/job/createJob',
    {
      AppName: 'round-trip',
      AppDescription: 'räksmörgås 夜间报表 *~+',
      Workload: 'job',
      PackageType: 'Image',
      ImageUrl: 'longshore/host',
      Replicas: '2',
      Command: 'sh',
      CommandArgs: JSON.stringify(['-c', 'echo "$A b*~"']),
      Envs: JSON.stringify([{ name: 'A', value: '1 + 1' }]),
      Cpu: '1000',
      Memory: '2048',
      BackoffLimit: '1',
      Timeout: '3600',
      ConcurrencyPolicy: 'Allow',
      NasId: 'nas-1',
    },
    { PhpConfig: phpConfig, EnableImageAccl: 'true' },
  );
  assertEnvelope(created);
  const { AppId, ChangeOrderId } = created['Data'] as { AppId: string; ChangeOrderId: string };
  assert.match(AppId, uuid);
  assert.match(ChangeOrderId, uuid);

  const updated = await sae(
    'UpdateJob',
    'POST',
    '/pop/v1/sam/job/updateJob',
    { AppId, Replicas: '3', NasId: '' },
    { PhpConfig: phpConfig },
  );
  assertEnvelope(updated);
  assert.equal((updated['Data'] as { AppId: string }).AppId, AppId);

  const described = await sae('DescribeJob', 'GET', '/pop/v1/sam/job/describeJob', { AppId });
  assertEnvelope(described);
  const job = described['Data'] as Record<string, unknown>;
  assert.deepEqual(
    [
      job['AppName'],
      job['AppDescription'],
      job['Replicas'],
      job['Cpu'],
      job['Memory'],
      job['PhpConfig'],
      job['Suspend'],
      job['Slice'],
      job['NasId'],
    ],
    ['round-trip', 'räksmörgås 夜间报表 *~+', 3, 1000, 2048, phpConfig, false, false, undefined],
  );
  assert.deepEqual(job['PublicWebHookUrls'], []);

  const executed = await sae('ExecJob', 'GET', '/pop/v1/sam/job/execJob', {
    AppId,
    CommandArgs: JSON.stringify(['-c', 'exit 0']),
    EventId: 'é *~',
  });
  assertEnvelope(executed);
  const inner = executed['Data'] as Record<string, unknown>;
  assert.deepEqual([inner['Msg'], inner['Success'], inner['Code']], ['success', 'true', '200']);
  const JobId = String(inner['Data']);
  // The client core under test watches it too.
  const end = await finished(sae, AppId, JobId);
  assert.deepEqual([end.State, end.Succeeded, end.Message], ['1', 3, 'success']);
  assert.ok(Number.isInteger(end.StartTime) && Number(end.CompletionTime) >= end.StartTime);

  const history = await sae('DescribeJobHistory', 'GET', '/pop/v1/sam/job/describeJobHistory', {
    AppId,
    State: '1',
  });
  assertEnvelope(history);
  const page = history['Data'] as {
    CurrentPage: number;
    PageSize: number;
    TotalSize: number;
    Jobs: { JobId: string }[];
  };
  assert.deepEqual(
    [page.CurrentPage, page.PageSize, page.TotalSize, page.Jobs[0]?.JobId],
    [1, 20, 1, JobId],
  );

  const listed = await sae('ListJobs', 'GET', '/pop/v1/sam/job/listJobs', {
    Workload: 'job',
    FieldType: 'appName',
    FieldValue: 'round',
  });
  assert.equal('TraceId' in listed, false);
  assert.deepEqual([listed['CurrentPage'], listed['PageSize'], listed['TotalSize']], [1, 20, 1]);
  const [row] = (listed['Data'] as { Applications: Record<string, unknown>[] }).Applications;
  assert.deepEqual(
    [
      row?.['AppId'],
      row?.['Mem'],
      row?.['LastJobState'],
      row?.['LastChangeorderState'],
      row?.['Suspend'],
    ],
    [AppId, 2048, '1', '1', false],
  );

  const suspended = await sae('SuspendJob', 'GET', '/pop/v1/sam/job/suspendJob', {
    AppId,
    Suspend: 'true',
  });
  assert.equal(suspended['Data'], '{"success":true}');

  const gone = await sae('DeleteHistoryJob', 'DELETE', '/pop/v1/sam/job/deleteHistoryJob', {
    AppId,
    JobId,
  });
  assert.equal(gone['Data'], '{"msg":"","code":200,"success":true}');
  const deleted = await sae('DeleteJob', 'DELETE', '/pop/v1/sam/job/deleteJob', { AppId });
  assert.equal(deleted['Data'], '{"msg":"","code":200,"success":true}');

  await assert.rejects(
    sae('DescribeJob', 'GET', '/pop/v1/sam/job/describeJob', { AppId }),
    (error: Error) => {
      assert.match(
        `${(error as { code?: string }).code} ${error.name} ${error.message}`,
        /InvalidApplication\.NotFound/,
      );
      assert.match(error.message, /The current application does not exist\./);
      return true;
    },
  );
  assert.equal(((await server.cli('templates', 'list')) as { total: number }).total, 0);
}

function assertEnvelope(answer: Record<string, unknown>): void {
  assert.match(
    String(answer['RequestId']),
    /^[0-9A-F]{8}-[0-9A-F]{4}-5[0-9A-F]{3}-[0-9A-F]{4}-[0-9A-F]{12}$/,
  );
  assert.match(String(answer['TraceId']), /^[0-9a-f]{8}\d{17}[de][0-9a-f]{4}$/);
  assert.deepEqual(
    [answer['Message'], answer['ErrorCode'], answer['Code'], answer['Success']],
    ['success', '', '200', true],
  );
}
