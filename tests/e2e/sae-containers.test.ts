/** SAE jobs as containers: every parameter that needs a file system of its own, seen from inside. */
import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createTemplate, exec, finished, startSaeServer, type SaeServer } from '../support/sae.ts';
import { testDocker, testImage, type TestEngine } from '../support/docker.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';

suite('SAE jobs as containers', { ...needs('dockerd'), concurrency: 1 }, () => {
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };
  let engine: TestEngine;
  let server: SaeServer;
  let nas = '';
  let bucket = '';

  before(async () => {
    engine = await testDocker();
    cleanups.push(() => engine.stop());
    const folder = await temporaryFolder(cleanup);
    nas = join(folder, 'nas');
    bucket = join(folder, 'bucket');
    await mkdir(join(nas, 'shared'), { recursive: true });
    await mkdir(join(bucket, 'data'), { recursive: true });
    await writeFile(join(bucket, 'data', 'user.data'), 'from the bucket\n');
    server = await startSaeServer(cleanup, {
      env: {
        LONGSHORE_CONTAINER_SOCKET: engine.socket,
        LONGSHORE_CONTAINER_NETWORK: engine.network,
        LONGSHORE_CONTAINER_ENABLED: 'always',
        LONGSHORE_VOLUMES: JSON.stringify([{ id: 'nas-1', folder: nas }]),
        LONGSHORE_BUCKETS: JSON.stringify([{ name: 'oss-bucket', folder: bucket }]),
      },
    });
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  const template = (script: string, more: Readonly<Record<string, string>> = {}) =>
    createTemplate(server.sae, ['sh', '-c', script], { ImageUrl: testImage, ...more });
  const output = (jobId: string, stream = 'stdout'): Promise<string> =>
    readFile(join(server.dataDir, 'containers', `${jobId}.0.1`, stream), 'utf8').catch(() => '');
  const succeeded = async (appId: string, more: Readonly<Record<string, string>> = {}) => {
    const jobId = await exec(server.sae, appId, more);
    const ended = await finished(server.sae, appId, jobId);
    assert.equal(ended.State, '1', `${ended.Message}\n${await output(jobId, 'stderr')}`);
    return output(jobId);
  };
  const failed = async (appId: string, more: Readonly<Record<string, string>> = {}) => {
    const jobId = await exec(server.sae, appId, more);
    const ended = await finished(server.sae, appId, jobId);
    assert.equal(ended.State, '2');
    return ended.Message;
  };
  const configMap = async (data: Readonly<Record<string, string>>): Promise<string> => {
    const created = await server.sae('CreateConfigMap', 'POST', '/pop/v1/sam/configmap/configMap', {
      NamespaceId: 'cn-hangzhou',
      Name: `map-${Object.keys(data)[0] ?? ''}`,
      Data: JSON.stringify(data),
    });
    return String((created['Data'] as { ConfigMapId: number }).ConfigMapId);
  };

  test('sizes, variables, hosts, zone and files are seen from inside', async () => {
    const id = await configMap({ greeting: 'hello', 'app.conf': 'a=1\n' });
    const appId = await template(
      [
        'cat /sys/fs/cgroup/memory.max 2>/dev/null || cat /sys/fs/cgroup/memory/memory.limit_in_bytes',
        'echo "$GREETING|$greeting|$TZ|$SAE_JOB_ID|$JOB_COMPLETION_INDEX"',
        'cat /etc/app/app.conf; cat /all/greeting; echo',
        'grep samplehost /etc/hosts',
        '(echo x > /etc/app/app.conf) 2>/dev/null || echo read-only',
      ].join('; '),
      {
        Cpu: '500',
        Memory: '1024',
        Timezone: 'Europe/Berlin',
        Envs: JSON.stringify([
          { name: 'GREETING', valueFrom: 'configMapRef', configMapId: Number(id), key: 'greeting' },
          { name: 'sae-sys-configmap-all-x', valueFrom: 'configMapRef', configMapId: Number(id) },
        ]),
        ConfigMapMountDesc: JSON.stringify([
          { configMapId: Number(id), key: 'app.conf', mountPath: '/etc/app' },
          { configMapId: Number(id), key: 'sae-sys-configmap-all', mountPath: '/all' },
        ]),
        CustomHostAlias: JSON.stringify([{ hostName: 'samplehost', ip: '10.1.2.3' }]),
      },
    );
    const jobId = await exec(server.sae, appId);
    const ended = await finished(server.sae, appId, jobId);
    assert.equal(ended.State, '1', `${ended.Message} ${await output(jobId, 'stderr')}`);
    const lines = (await output(jobId)).split('\n');
    assert.deepEqual(lines, [
      String(1024 * 1024 * 1024),
      `hello|hello|Europe/Berlin|${jobId}|0`,
      'a=1',
      'hello',
      '10.1.2.3\tsamplehost',
      'read-only',
      '',
    ]);
  });

  test('NAS and OSS mounts: what is written stays, read-only is kept', async () => {
    const appId = await template(
      'cat /usr/data/user.data; echo written > /shared/file; (echo no > /usr/data/user.data) 2>/dev/null || echo refused',
      {
        NasConfigs: JSON.stringify([
          {
            mountPath: '/shared',
            readOnly: false,
            nasId: 'nas-1',
            mountDomain: '',
            nasPath: '/shared',
          },
        ]),
        OssMountDescs: JSON.stringify([
          {
            bucketName: 'oss-bucket',
            bucketPath: 'data/user.data',
            mountPath: '/usr/data/user.data',
            readOnly: true,
          },
        ]),
      },
    );
    assert.equal(await succeeded(appId), 'from the bucket\nrefused\n');
    assert.equal(await readFile(join(nas, 'shared', 'file'), 'utf8'), 'written\n');
  });

  test('collected output and files can be searched', async () => {
    const appId = await template('echo to stdout; mkdir -p /logs; echo to a file > /logs/a.log', {
      SlsConfigs: JSON.stringify([
        { projectName: 'shop', logstoreName: 'jobs', logType: 'stdout', logDir: '' },
        { projectName: 'shop', logstoreName: 'jobs', logDir: '/logs/*.log' },
      ]),
    });
    await succeeded(appId);
    const texts = await until('both lines are collected', async () => {
      const found = (await server.cli('logstores', 'search', 'shop', 'jobs')) as {
        text: string;
      }[];
      return found.length < 2 ? null : found.map(({ text }) => text).toSorted();
    });
    assert.deepEqual(texts, ['to a file', 'to stdout']);
  });

  test('hooks run inside; a failing PostStart ends the job with its words', async () => {
    const hook = (command: readonly string[]): string => JSON.stringify({ exec: { command } });
    const good = await template(
      'i=0; while [ ! -e /started ] && [ $i -lt 100 ]; do i=$((i+1)); sleep 0.1; done; cat /started',
      { PostStart: hook(['sh', '-c', 'echo hook > /started']) },
    );
    assert.equal(await succeeded(good), 'hook\n');
    const bad = await template('sleep 60', {
      PostStart: hook(['false']),
      TerminationGracePeriodSeconds: '1',
    });
    assert.match(await failed(bad), /PostStart/i);
  });

  test('what cannot start says why, and leaves nothing behind', async () => {
    const unknown = await createTemplate(server.sae, ['true'], { ImageUrl: '127.0.0.1:9/none:1' });
    assert.match(await failed(unknown), /127\.0\.0\.1:9\/none:1/);

    const unmapped = await template('true', {
      NasConfigs: JSON.stringify([
        { mountPath: '/x', nasId: 'nas-2', mountDomain: 'm', nasPath: '/' },
      ]),
    });
    assert.match(await failed(unmapped), /nas-2/);

    const missing = await template('true', {
      OssMountDescs: JSON.stringify([
        { bucketName: 'oss-bucket', bucketPath: 'nowhere', mountPath: '/y', readOnly: true },
      ]),
    });
    assert.match(await failed(missing), /nowhere/);

    // Only the run refers to this ConfigMap, so that it can be deleted while the run waits.
    const id = await configMap({ soon: 'gone' });
    const plain = await template('true');
    const jobId = await exec(server.sae, plain, {
      Envs: JSON.stringify([
        { name: 'A', valueFrom: 'configMapRef', configMapId: Number(id), key: 'soon' },
      ]),
      Time: new Date(Date.now() + 3_000).toISOString().replace(/\.\d+Z$/, 'Z'),
    });
    await server.sae('DeleteConfigMap', 'DELETE', '/pop/v1/sam/configmap/configMap', {
      ConfigMapId: id,
    });
    const ended = await finished(server.sae, plain, jobId);
    assert.equal(ended.State, '2');
    assert.match(ended.Message, new RegExp(`ConfigMap \\(ID: ${id}\\) does not exist`));

    const left = await engine.api.list('', AbortSignal.timeout(10_000));
    assert.deepEqual(left, []);
  });
});
