/** Spans of runs, with the real SDK in this process and a whole server in it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type Attributes, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { loadConfig } from '../../src/app/config/load.ts';
import { createLog } from '../../src/app/log.ts';
import { type RunningServer, startServer } from '../../src/app/server.ts';
import { readOperatorToken } from '../../src/dialects/native/discovery.ts';
import { dataFolder } from '../support/server.ts';
import { until } from '../support/until.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = { spanId: '00f067aa0ba902b7', text: `00-${traceId}-00f067aa0ba902b7-01` };
const exporter = new InMemorySpanExporter();

suite('tracing', () => {
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };
  let server: RunningServer;
  let authorization = '';

  before(async () => {
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
    );
    const dataDir = await dataFolder(cleanup);
    const { config } = loadConfig({
      flags: [
        ['dataDir', dataDir],
        ['listen.port', '0'],
      ],
      env: {},
      file: null,
      cwd: dataDir,
      root: process.getuid?.() === 0,
    });
    server = await startServer(config, createLog('error'));
    authorization = `Bearer ${(await readOperatorToken(dataDir)) ?? ''}`;
  });
  after(async () => {
    await server.close();
    for (const task of cleanups.toReversed()) await task();
    trace.disable();
  });
  beforeEach(() => exporter.reset());

  const ask = async <T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<T> => {
    const response = await fetch(`${server.url}/api/v1${path}`, {
      method,
      headers: {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    assert.ok(response.ok, text);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const template = (name: string, script: string, more: object = {}) =>
    ask('POST', '/templates', { name, command: ['sh', '-c', script], ...more });
  const submit = async (name: string, headers: Readonly<Record<string, string>> = {}) => {
    const { run } = await ask<{ run: { id: string } }>(
      'POST',
      `/templates/${name}/runs`,
      {},
      headers,
    );
    return run.id;
  };
  const spansOf = (runId: string) =>
    exporter.getFinishedSpans().filter((span) => of(span, 'longshore.run.id') === runId);
  const attemptsOf = (runId: string, count: number) =>
    until('the attempts’ spans', () => {
      const found = exporter
        .getFinishedSpans()
        .filter(({ name }) => name === 'attempt.end' || name === 'attempt');
      const spans = spansOf(runId).filter(({ name }) => name === 'attempt');
      return spans.length === count && found.length >= 2 * count ? spans : null;
    });

  test('a run continues the trace of its request, from admission to exit', async () => {
    await template('traced', 'echo "place $TRACEPARENT"; exit 0');
    const runId = await submit('traced', { traceparent: parent.text });
    const [attempt] = await attemptsOf(runId, 1);
    assert.ok(attempt !== undefined);
    const spans = exporter.getFinishedSpans().filter((span) => traceOf(span) === traceId);
    assert.deepEqual(spans.map(({ name }) => name).toSorted(), [
      'attempt',
      'attempt.end',
      'attempt.start',
      'run.admit',
      'run.wait',
    ]);
    const byName = Object.fromEntries(spans.map((span) => [span.name, span]));
    const admit = byName['run.admit'];
    assert.ok(admit !== undefined);
    assert.equal(admit.kind, SpanKind.PRODUCER);
    assert.equal(admit.parentSpanContext?.spanId, parent.spanId);
    assert.equal(of(admit, 'user.name'), 'operator');
    for (const name of ['run.wait', 'attempt']) {
      assert.equal(byName[name]?.parentSpanContext?.spanId, admit.spanContext().spanId, name);
    }
    for (const name of ['attempt.start', 'attempt.end']) {
      assert.equal(byName[name]?.parentSpanContext?.spanId, attempt.spanContext().spanId, name);
    }
    assert.equal(of(attempt, 'process.exit.code'), 0);
    assert.equal(typeof of(attempt, 'process.pid'), 'number');
    assert.equal(of(attempt, 'longshore.attempt.outcome'), 'succeeded');
    assert.equal(attempt.status.code, SpanStatusCode.UNSET);
    for (const { startTime, endTime, name } of spans) {
      assert.ok(
        startTime[0] < endTime[0] || startTime[1] <= endTime[1],
        `${name} ends before it begins`,
      );
    }

    const claim = exporter.getFinishedSpans().find(({ name }) => name === 'runs.claim');
    assert.deepEqual(
      claim?.links.map(({ context }) => context.spanId),
      [attempt.spanContext().spanId],
    );
    assert.notEqual(
      claim === undefined ? '' : traceOf(claim),
      traceId,
      'a claim serves many traces',
    );
    const log = await (
      await fetch(`${server.url}/api/v1/attempts/${runId}.0.1/logs/stdout`, {
        headers: { authorization },
      })
    ).text();
    assert.equal(log, `place 00-${traceId}-${attempt.spanContext().spanId}-01\n`);
  });

  test('a request without a trace begins one; a wrong header counts for nothing', async () => {
    await template('fresh', 'true');
    const runId = await submit('fresh', {
      traceparent: `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    });
    const [attempt] = await attemptsOf(runId, 1);
    const admit = spansOf(runId).find(({ name }) => name === 'run.admit');
    assert.ok(admit !== undefined && attempt !== undefined);
    assert.equal(admit.parentSpanContext, undefined);
    assert.equal(traceOf(attempt), traceOf(admit));
  });

  test('failures, retries and refusals say so', async () => {
    await template('failing', 'exit 7', { retries: 1 });
    const runId = await submit('failing');
    const attempts = await attemptsOf(runId, 2);
    for (const attempt of attempts) {
      assert.equal(attempt.status.code, SpanStatusCode.ERROR);
      assert.equal(of(attempt, 'process.exit.code'), 7);
      assert.equal(of(attempt, 'error.type'), 'exit 7');
    }
    assert.deepEqual(
      attempts.map((span) => of(span, 'longshore.attempt.number')).toSorted(),
      [1, 2],
    );
    assert.equal(new Set(attempts.map(traceOf)).size, 1, 'one trace');
    assert.equal(spansOf(runId).filter(({ name }) => name === 'run.wait').length, 1);

    await ask('POST', '/templates/failing/suspend');
    await assert.rejects(submit('failing'), /suspended/);
    const refused = exporter.getFinishedSpans().findLast(({ name }) => name === 'run.admit');
    assert.equal(refused?.status.code, SpanStatusCode.ERROR);
    assert.equal(refused === undefined ? '' : of(refused, 'error.type'), 'template-suspended');
  });

  test('a schedule’s firing begins a trace', async () => {
    await template('timed', 'true', {
      schedule: { timing: { kind: 'fixed-rate', everyMs: 1_000 } },
    });
    const attempt = await until('an attempt of the schedule', () =>
      exporter
        .getFinishedSpans()
        .find(
          (span) => span.name === 'attempt' && of(span, 'longshore.run.trigger') === 'schedule',
        ),
    );
    const admit = spansOf(String(of(attempt, 'longshore.run.id'))).find(
      ({ name }) => name === 'run.admit',
    );
    assert.equal(admit === undefined ? '' : traceOf(admit), traceOf(attempt));
    await ask('DELETE', '/templates/timed');
  });
});

function traceOf(span: ReadableSpan): string {
  return span.spanContext().traceId;
}

function of(span: ReadableSpan, name: string): Attributes[string] {
  return span.attributes[name];
}
