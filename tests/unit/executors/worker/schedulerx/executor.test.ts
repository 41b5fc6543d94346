import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { decodePayload } from '../../../../../src/executors/worker/schedulerx/akka.ts';
import { frame, FrameReader } from '../../../../../src/executors/worker/schedulerx/frames.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';
import { until, within } from '../../../../support/until.ts';
import { attempt, groups, Host } from './host.ts';
import { group, Peer } from './peer.ts';

const kill = 'ServerKillJobInstanceRequest';

describe('SchedulerX workers', { concurrency: 4 }, () => {
  test('an attempt is one submit; its end is the report of its master', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    const peer = await Peer.enter(host.port);
    host.executor.start([
      attempt('5001', {
        parameters: 'p',
        instanceParameters: 'i',
        upstream: [{ name: 'before', data: 'd' }],
      }),
    ]);
    const { answer, upstreamData, ...submit } = await peer.submitted();
    assert.equal(upstreamData?.length, 1);
    assert.deepEqual(submit, {
      jobId: 42,
      jobInstanceId: 5001,
      scheduleTime: 1_700_000_000_000,
      dataTime: 1_700_000_000_000,
      jobType: 'golang',
      executeMode: 'standalone',
      content: '{"jobName":"hello"}',
      user: 'longshore',
      parameters: 'p',
      workers: [`${peer.address}:4000`],
      jobConcurrency: 1,
      regionId: 1,
      appGroupId: 7,
      instanceParameters: 'i',
      groupId: 'app.group',
      timeType: 100,
      maxAttempt: 0,
      attempt: 0,
      jobName: 'job',
      namespace: 'ns-1',
      triggerType: 1,
    });
    const written = await host.journal('5001.0.1');
    assert.equal(written.instanceId, 5001, 'written down before the answer');
    answer(true);
    const started = await host.report('5001.0.1', 'started');
    assert.equal(started.worker, peer.address);
    peer.tellProgress(5001, '{"taskProgress":[]}');
    const { progress } = await host.report('5001.0.1', 'progress');
    assert.equal(progress, '{"taskProgress":[]}');
    peer.tell(5001, 4, 'x'.repeat(999) + 'é', 9);
    const end = await host.report('5001.0.1', 'ended');
    assert.equal(end.exitCode, 0);
    assert.equal(end.result, 'x'.repeat(999), 'at most 1,000 bytes, cut between characters');
    await peer.take('WorkerReportJobInstanceStatusResponse');
    // Repeated and late ones change nothing.
    peer.tell(5001, 5, 'no');
    peer.tellProgress(5001, '{"late":1}');
    await peer.take('WorkerReportJobInstanceStatusResponse');
    await peer.beat();
    assert.deepEqual(
      host.about('5001.0.1').map(({ kind }) => kind),
      ['started', 'progress', 'ended'],
    );
    assert.equal(await host.executor.readLog('5001.0.1', 'stdout', 0, 10), null);
  });

  test('a result of megabytes is cut, and the connection stays', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    const peer = await Peer.enter(host.port);
    host.executor.start([attempt('5004'), attempt('5005')]);
    for (const submit of [await peer.submitted(), await peer.submitted()]) submit.answer(true);
    peer.tell(5004, 4, 'x'.repeat(3_000_000));
    peer.tell(5005, 4, 'short');
    assert.equal((await host.report('5004.0.1', 'ended')).result, 'x'.repeat(1_000));
    assert.equal((await host.report('5005.0.1', 'ended')).result, 'short');
    assert.equal((await peer.beat()).success, true);
  });

  test('workers are told with what they said of themselves', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    const peer = await Peer.enter(host.port, undefined, 'blue');
    const [worker] = host.executor.workers?.(7) ?? [];
    assert.equal(worker?.address, peer.address);
    assert.equal(worker?.label, 'blue');
    assert.deepEqual(worker?.metrics, { CpuLoad1: 0.5 });
    assert.deepEqual(host.executor.workers?.(8), []);
    await peer.beat({ online: false });
    assert.deepEqual(host.executor.workers?.(7), [], 'none that shuts down');
  });

  test('failures, refusals and unregistered names are told as they are', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    const peer = await Peer.enter(host.port);
    host.executor.start([attempt('5002'), attempt('5003')]);
    for (const submit of [await peer.submitted(), await peer.submitted()]) {
      const failing = submit.jobInstanceId === 5002;
      submit.answer(failing, failing ? '' : 'no room');
      if (failing) peer.tell(5002, 5, 'jobName=x is unregistered');
    }
    const failed = await host.report('5002.0.1', 'ended');
    assert.equal(failed.exitCode, 1);
    assert.equal(failed.message, 'jobName=x is unregistered');
    assert.equal((await host.report('5003.0.1', 'refused')).message, 'no room');
  });

  test('each live worker in turn; designation first', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    const a = await Peer.enter(host.port, 'a', 'blue');
    const b = await Peer.enter(host.port, 'b');
    host.executor.start(['5010', '5011', '5012', '5013'].map((id) => attempt(id)));
    await a.until('two go to each', () => a.of('ServerSubmitJobInstanceRequest').length === 2);
    await b.until('two go to each', () => b.of('ServerSubmitJobInstanceRequest').length === 2);
    const blue = { by: 'label', values: ['blue'], transferable: false } as const;
    host.executor.start([attempt('5014', { designated: blue })]);
    await a.until('the third', () => a.of('ServerSubmitJobInstanceRequest').length === 3);
    const red = { by: 'label', values: ['red'], transferable: false } as const;
    host.executor.start([attempt('5015', { designated: red })]);
    const { message } = await host.report('5015.0.1', 'refused');
    assert.match(message, /^no available worker: none of the designated workers .*red/);
  });

  test('busy workers are the last resort, or none at all', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    const peer = await Peer.enter(host.port);
    const submits = () => peer.of('ServerSubmitJobInstanceRequest').length;
    await peer.beat({ metricsJson: '{"diskUsage":0.99}' });
    assert.equal(host.executor.workers?.(7)[0]?.busy, 'disk');
    host.executor.start([attempt('5030')]);
    await peer.until('it goes there all the same', () => submits() === 1);
    host.executor.start([attempt('5031', { avoidsBusy: true })]);
    const { message } = await host.report('5031.0.1', 'refused');
    assert.match(message, /^all workers are busy \(disk\): /);
    await peer.beat({ metricsJson: '{}' });
    host.executor.start([attempt('5032', { avoidsBusy: true })]);
    await peer.until('it goes there', () => submits() === 2);
  });

  test('map modes get defaults, parallel runs as batch, all workers are named', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    const a = await Peer.enter(host.port, 'a');
    const b = await Peer.enter(host.port, 'b');
    host.executor.start([attempt('5020', { mode: 'parallel', attributes: '{"pageSize":9}' })]);
    const submit = await a.submitted();
    assert.equal(submit.executeMode, 'batch');
    assert.deepEqual(JSON.parse(submit.xattrs ?? ''), {
      pageSize: 9,
      queueSize: 10,
      consumerSize: 5,
      dispatcherSize: 5,
      taskMaxAttempt: 0,
      taskAttemptInterval: 0,
      globalConsumerSize: 1000,
      taskDispatchMode: 'push',
    });
    assert.deepEqual(submit.workers, [`${a.address}:4000`, `${b.address}:4000`]);
    host.executor.start([attempt('5021', { mode: 'sharding', parameters: '0=a,\r\n1=b,' })]);
    assert.equal((await b.submitted()).parameters, '0=a,1=b');
  });

  test('a stop kills; the final report ends it, or the time after a kill', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    const peer = await Peer.enter(host.port);
    host.executor.start([attempt('5030')]);
    (await peer.submitted()).answer(true);
    await host.report('5030.0.1', 'started');
    host.executor.stop('5030.0.1');
    host.executor.stop('5030.0.1');
    const asked = await peer.take(kill);
    // Upside down: false means that it was killed.
    peer.answer(asked, false, '5030 killed from server');
    peer.tell(5030, 5, 'killed');
    const end = await host.report('5030.0.1', 'ended');
    assert.deepEqual([end.stopped, end.result], [true, 'killed from server']);

    host.executor.start([attempt('5031')]);
    (await peer.submitted()).answer(true);
    await host.report('5031.0.1', 'started');
    host.executor.stop('5031.0.1');
    peer.answer(await peer.take(kill), true, '5031 is not exist');
    assert.equal((await host.report('5031.0.1', 'ended')).stopped, true);
  });

  test('a kill that is not answered is repeated', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t), { timing: { answerMs: 50 } });
    const peer = await Peer.enter(host.port);
    host.executor.start([attempt('5035')]);
    peer.instances = [5035];
    await peer.submitted();
    await until('the answer is late', async () => {
      await peer.beat();
      return host.about('5035.0.1').length > 0;
    });
    await host.report('5035.0.1', 'started');
    host.executor.stop('5035.0.1');
    await peer.take(kill);
    await peer.take(kill);
  });

  test('a worker that accepts and never answers: lost, once its heartbeats do not name it', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t), { timing: { answerMs: 50 } });
    const peer = await Peer.enter(host.port);
    host.executor.start([attempt('5040')]);
    await peer.submitted();
    await until('the answer is late', async () => {
      await peer.beat();
      return host.about('5040.0.1').length > 0;
    });
    const { message } = await host.report('5040.0.1', 'lost');
    assert.equal(message, 'submit jobInstanceId to worker timeout');
  });

  test('an instance that two heartbeats of its master do not name is lost; one is not enough', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    const peer = await Peer.enter(host.port);
    host.executor.start([attempt('5041')]);
    (await peer.submitted()).answer(true);
    await host.report('5041.0.1', 'started');
    await peer.beat();
    peer.instances = [5041];
    await peer.beat();
    peer.instances = [];
    await peer.beat();
    assert.equal(host.about('5041.0.1').length, 1, 'absences must follow one another');
    await peer.beat();
    assert.match((await host.report('5041.0.1', 'lost')).message, /^don't update progress/);
  });

  test('a silent worker is lost with its attempts, and its connection closed', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t), { timing: { livenessMs: 300 } });
    const peer = await Peer.enter(host.port);
    host.executor.start([attempt('5042')]);
    (await peer.submitted()).answer(true);
    const { message } = await host.report('5042.0.1', 'lost');
    assert.equal(message, "don't update progress more than 30s");
    assert.deepEqual(host.executor.workers?.(7), []);
    await peer.until('the connection is closed', () => peer.socket.destroyed);
    // Back again, it turns out to have it still: that was given up.
    const back = await Peer.connect(host.port);
    back.instances = [5042];
    await back.beat();
    await back.take(kill);
  });

  test('a retry waits until the worker has ended the attempt before', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    const peer = await Peer.connect(host.port);
    peer.instances = [5050];
    await peer.beat();
    host.executor.start([attempt('5050', {}, 2)]);
    await peer.take(kill);
    // The old run's report is not the new one's.
    peer.tell(5050, 5, 'killed');
    peer.instances = [];
    await peer.beat();
    const submit = await peer.submitted();
    assert.deepEqual([submit.attempt, submit.triggerType], [1, 5]);
    submit.answer(false, 'jobInstanceId=5050 is still running!');
    (await peer.submitted()).answer(true);
    peer.tell(5050, 4, 'second');
    const end = await host.report('5050.0.2', 'ended');
    assert.equal(end.result, 'second');
    assert.equal(host.about('5050.0.2').length, 2);
  });

  test('a retry after a failure goes out at once', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    const peer = await Peer.enter(host.port);
    host.executor.start([attempt('5052')]);
    (await peer.submitted()).answer(true);
    peer.instances = [5052];
    await peer.beat();
    peer.tell(5052, 5, 'no');
    await host.report('5052.0.1', 'ended');
    host.executor.start([attempt('5052', {}, 2)]);
    assert.equal((await peer.submitted()).attempt, 1);
    assert.equal(peer.of(kill).length, 0);
  });

  test('an earlier run that does not end is told', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t), { timing: { earlierRunMs: 100 } });
    const peer = await Peer.connect(host.port);
    peer.instances = [5051];
    await peer.beat();
    host.executor.start([attempt('5051', {}, 2)]);
    assert.match((await host.report('5051.0.2', 'refused')).message, /still running on .*restart/);
  });

  test('without a worker an attempt is refused, but workers of a new server are waited for', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    host.executor.start([attempt('5060')]);
    assert.match((await host.report('5060.0.1', 'refused')).message, /^no available worker: /);
    const fresh = await Host.open(t, await temporaryFolder(t), { timing: { reconnectMs: 20_000 } });
    fresh.executor.start([attempt('5061')]);
    const peer = await Peer.enter(fresh.port);
    assert.equal((await peer.submitted()).jobInstanceId, 5061);
    fresh.executor.start([attempt('5062')]);
    (await peer.submitted()).answer(true);
    fresh.executor.stop('5062.0.1');
    await peer.take(kill);
  });

  test('attempts beyond the bound wait, and can be stopped there', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t), { maxConcurrent: 1 });
    const peer = await Peer.enter(host.port);
    host.executor.start([attempt('5065'), attempt('5066'), attempt('5067')]);
    (await peer.submitted()).answer(true);
    host.executor.stop('5066.0.1');
    assert.equal(
      (await host.report('5066.0.1', 'refused')).message,
      'stopped before it was started',
    );
    peer.tell(5065, 4);
    assert.equal((await peer.submitted()).jobInstanceId, 5067);
  });

  test('an attempt is started once, whatever is asked', async (t) => {
    const folder = await temporaryFolder(t);
    const host = await Host.open(t, folder);
    const peer = await Peer.enter(host.port);
    host.executor.start([attempt('5068')]);
    host.executor.start([attempt('5068')]);
    (await peer.submitted()).answer(true);
    peer.tell(5068, 4);
    await host.report('5068.0.1', 'ended');
    host.executor.start([attempt('5068')]);
    assert.equal(
      (await host.report('5068.0.1', 'refused')).message,
      'this attempt was started before',
    );
    assert.equal(peer.of('ServerSubmitJobInstanceRequest').length, 0);
  });
});

describe('a restarted server', { concurrency: 4 }, () => {
  test('hears the end of what runs, even when it is told before the first heartbeat', async (t) => {
    const folder = await temporaryFolder(t);
    const first = await Host.open(t, folder);
    const peer = await Peer.enter(first.port);
    first.executor.start([attempt('5070'), attempt('5071'), attempt('5072')]);
    for (let left = 3; left > 0; left--) (await peer.submitted()).answer(true);
    for (const id of ['5070', '5071', '5072']) await first.report(`${id}.0.1`, 'started');
    await first.executor.close();
    await peer.until('the worker sees it', () => peer.socket.destroyed);

    const host = await Host.open(t, folder);
    const refs = ['5070.0.1', '5071.0.1'].map((attemptId) => ({
      attemptId,
      fence: 2,
      started: true,
    }));
    await host.executor.adopt([
      ...refs,
      { attemptId: '5099.0.1', fence: 2, started: false },
      { attemptId: '5098.0.1', fence: 2, started: true },
    ]);
    host.executor.stopOthers();
    const back = await Peer.connect(host.port);
    back.tell(5070, 4, 'done');
    back.instances = [5071, 5072];
    await back.beat();
    const end = await host.report('5070.0.1', 'ended');
    assert.deepEqual([end.fence, end.result], [2, 'done']);
    assert.equal(
      (await host.report('5099.0.1', 'refused')).message,
      'the server stopped before the start',
    );
    await host.report('5098.0.1', 'lost');
    // Given up while the host was away.
    await back.take(kill);
    assert.equal(back.of(kill).length, 0, 'what was adopted goes on');
    back.tell(5071, 5, 'late failure');
    assert.equal((await host.report('5071.0.1', 'ended')).exitCode, 1);

    // The store may not have had it: it is told again.
    await host.executor.close();
    const third = await Host.open(t, folder);
    await third.executor.adopt([{ attemptId: '5071.0.1', fence: 3, started: true }]);
    const again = await third.report('5071.0.1', 'ended');
    assert.deepEqual([again.fence, again.message], [3, 'late failure']);
  });

  test('loses what a worker ended while it was away, and what never comes back', async (t) => {
    const folder = await temporaryFolder(t);
    const first = await Host.open(t, folder);
    const a = await Peer.enter(first.port, 'a');
    const b = await Peer.enter(first.port, 'b');
    first.executor.start([attempt('5080'), attempt('5081')]);
    (await a.submitted()).answer(true);
    (await b.submitted()).answer(true);
    for (const id of ['5080', '5081']) await first.report(`${id}.0.1`, 'started');
    await first.executor.close();

    const host = await Host.open(t, folder, { timing: { livenessMs: 1_000 } });
    await host.executor.adopt(
      ['5080.0.1', '5081.0.1'].map((attemptId) => ({ attemptId, fence: 2, started: true })),
    );
    const back = await Peer.enter(host.port, 'a');
    await back.beat();
    assert.match((await host.report('5080.0.1', 'lost')).message, /does not run it any more/);
    assert.equal(
      (await host.report('5081.0.1', 'lost')).message,
      "don't update progress more than 30s",
    );
  });

  test('understands the recorded frames of the official worker', async (t) => {
    const frames = JSON.parse(
      readFileSync(join(import.meta.dirname, 'recorded.json'), 'utf8'),
    ) as Readonly<Record<'associate' | 'heartbeat' | 'succeeded', string>>;
    const hello = decodePayload(Buffer.from(frames.associate, 'hex'));
    const workerId = hello.kind === 'control' ? hello.origin?.system : undefined;
    const folder = await temporaryFolder(t);
    await mkdir(join(folder, 'workers', 'schedulerx'), { recursive: true });
    const record = {
      group: 7,
      jobId: 42,
      instanceId: 4_194_304_001,
      workerId,
      worker: 'w',
      startedAtMs: 1,
    };
    await writeFile(
      join(folder, 'workers', 'schedulerx', '4194304001.0.1.json'),
      JSON.stringify(record),
    );
    const host = await Host.open(t, folder, {
      groups: {
        ...groups,
        authenticate: (name, _, key) =>
          Promise.resolve(name === 'app.group' && key === 'Key123' ? group : 'wrong-key'),
      },
    });
    await host.executor.adopt([{ attemptId: '4194304001.0.1', fence: 2, started: true }]);
    const socket = net.connect(host.port, '127.0.0.1');
    t.after(() => socket.destroy());
    const answers: string[] = [];
    const reader = new FrameReader(10_000);
    const three = new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        for (const payload of reader.push(chunk)) {
          const received = decodePayload(payload);
          answers.push(received.kind === 'message' ? received.type : `control ${received.command}`);
          if (answers.length === 3) resolve();
        }
      });
    });
    const bytes = Buffer.concat(
      [frames.associate, frames.heartbeat, frames.succeeded].map((hex) =>
        frame(Buffer.from(hex, 'hex')),
      ),
    );
    // As a slow network would cut it.
    for (let at = 0; at < bytes.length; at += 97) socket.write(bytes.subarray(at, at + 97));
    const end = await host.report('4194304001.0.1', 'ended');
    assert.deepEqual([end.exitCode, end.result], [0, 'hello P I']);
    await within('three answers', three);
    assert.deepEqual(answers, [
      'control 1',
      'WorkerHeartBeatResponse',
      'WorkerReportJobInstanceStatusResponse',
    ]);
  });
});

describe('strangers', { concurrency: 4 }, () => {
  test('with a wrong key or group are told so, and the connection ends', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    for (const [fields, text] of [
      [{ appKey: 'x' }, /^appKey is wrong/],
      [{ groupId: 'other' }, /^groupId=other is not existed/],
      [{ workerId: 'a@b:1' }, /^the worker id must be/],
    ] as const) {
      const peer = await Peer.connect(host.port);
      const { success, message } = await peer.beat(fields);
      assert.equal(success, false);
      assert.match(message ?? '', text);
      await peer.until('the connection ends', () => peer.socket.destroyed);
    }
    assert.deepEqual(host.executor.workers?.(7), []);
  });

  test('a plus in the key may arrive as a space', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    const peer = await Peer.connect(host.port);
    assert.equal((await peer.beat({ appKey: 'Key 123' })).success, true);
  });

  test('cannot end what another worker runs', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t));
    const peer = await Peer.enter(host.port, 'a');
    host.executor.start([attempt('5090')]);
    (await peer.submitted()).answer(true);
    await host.report('5090.0.1', 'started');
    const other = await Peer.enter(host.port, 'b');
    other.tell(5090, 4, 'forged');
    await other.take('WorkerReportJobInstanceStatusResponse');
    const silent = await Peer.connect(host.port, 'a');
    silent.tell(5090, 4, 'forged');
    await other.beat();
    assert.equal(host.about('5090.0.1').length, 1);
    // The newest connection counts.
    await silent.beat();
    assert.equal((await host.report('5090.0.1', 'ended')).result, 'forged');
  });

  test('that send garbage, too much, or nothing are cut off; others go on', async (t) => {
    const host = await Host.open(t, await temporaryFolder(t), { timing: { handshakeMs: 200 } });
    const worker = await Peer.enter(host.port);
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      frame(Buffer.from([0xff, 0xff, 0xff])),
      Buffer.from([0x00, 0x7f, 0xff, 0xff]),
      Buffer.alloc(0),
    ]) {
      const socket = net.connect(host.port, '127.0.0.1');
      socket.on('error', () => {});
      // With a reset, which is an error to the one that is cut off.
      const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
      if (bytes.length > 0) socket.write(bytes);
      await within('it is cut off', closed);
    }
    assert.equal((await worker.beat()).success, true);
  });

  test('an address that cannot be had is told, and tried again', async (t) => {
    const first = await Host.open(t, await temporaryFolder(t));
    const second = await Host.open(t, await temporaryFolder(t), {
      listen: { host: '127.0.0.1', port: first.port },
    });
    assert.match(
      second.executor.health().reason,
      /cannot connect to 127\.0\.0\.1:\d+: .*EADDRINUSE/,
    );
    assert.equal(second.executor.maxConcurrent, 0);
  });
});
