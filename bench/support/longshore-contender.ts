import { randomUUID } from 'node:crypto';
import { systemIds } from '../../src/app/clock.ts';
import { parseAttemptId } from '../../src/stores/sql/attempt-id.ts';
import type { RunningEngine } from '../../src/engine/create.ts';
import type { Store } from '../../src/ports/store.ts';
import { type Contender, type ContenderOptions, Tally } from './contender.ts';
import { benchEngine, benchStore, type StorePlace } from './engine.ts';
import { NoopExecutor, noopSpec } from './noop-executor.ts';

/** Admissions under way while a backlog is made. */
const FILL_WIDTH = 512;
/** Length of a UUID, which stands between a run id's prefix and its suffix. */
const UUID_CHARS = 36;
const PREFIX = 'bench-';

/** Our own engine over a real store; only the executor does nothing. */
export function longshore(kind: StorePlace['kind'], options: ContenderOptions): Contender {
  const plain = benchStore({ kind, at: options.at });
  const ended = new Tally();
  const store: Store = {
    ...plain,
    // What is finished is counted when the store says that it is durable.
    async report(reports, nowMs) {
      const result = await plain.report(reports, nowMs);
      ended.add(result.finished.length);
      return result;
    },
  };
  const templateId = randomUUID();
  let running: RunningEngine | null = null;

  const started = (attemptId: string): void => {
    const runId = parseAttemptId(attemptId)?.runId ?? '';
    options.onStart(runId.slice(PREFIX.length + UUID_CHARS));
  };
  const submit = async (id: string): Promise<void> => {
    if (running === null) throw new Error('enqueue is for a queue that works');
    await running.engine.runs.submit({
      templateId,
      dialect: 'sae',
      trigger: 'manual',
      idPrefix: PREFIX,
      idSuffix: id,
      idempotencyKey: null,
      notBeforeMs: null,
      by: 'bench',
      override: null,
    });
  };
  const admit = async (): Promise<void> => {
    const nowMs = Date.now();
    const result = await store.admit({
      runId: `${PREFIX}${systemIds.uuid()}`,
      templateId,
      dialect: 'sae',
      trigger: 'manual',
      idempotencyKey: null,
      nowMs,
      notBeforeMs: nowMs,
      scheduledAtMs: null,
      by: 'bench',
      override: null,
    });
    if (result.kind !== 'created') throw new Error(`a run was ${result.kind}`);
  };

  return {
    async open() {
      await store.open();
      await store.createTemplate(
        {
          id: templateId,
          dialect: 'sae',
          namespace: 'bench',
          name: 'noop',
          spec: noopSpec,
          document: {},
          notActedOn: [],
          refersTo: null,
          schedule: null,
        },
        { changeId: randomUUID(), atMs: Date.now(), by: 'bench', note: '' },
      );
    },
    async fill(count) {
      for (let made = 0; made < count; made += FILL_WIDTH) {
        const width = Math.min(FILL_WIDTH, count - made);
        await Promise.all(Array.from({ length: width }, admit));
      }
    },
    enqueue: submit,
    async work() {
      running = await benchEngine(store, new NoopExecutor(options.concurrency, started));
      await running.start();
    },
    async rest() {
      await running?.close();
      running = null;
    },
    async settled(total) {
      await ended.reached(total);
      const { rows, total: unfinished } = await store.runs({
        states: ['queued', 'running', 'stopping'],
        offset: 0,
        limit: 1,
      });
      if (unfinished > 0)
        throw new Error(`${rows[0]?.id} and ${unfinished - 1} more are unfinished`);
    },
    async close() {
      await store.close();
    },
  };
}
