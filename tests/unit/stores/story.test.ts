import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RunEvent } from '../../../src/domain/run.ts';
import type { RunRecord } from '../../../src/stores/sql/rows.ts';
import type { AttemptRow, EventRow } from '../../../src/stores/sql/schema.ts';
import { runStory } from '../../../src/stores/sql/story.ts';

const t0 = Date.UTC(2026, 0, 1, 12);

const run: RunRecord = {
  n: 7,
  id: 'manual-1',
  template_n: 1,
  revision: 1,
  trigger: 'manual',
  by: 'alice',
  idempotency_key: null,
  state: 'succeeded',
  hold: null,
  stop_cause: null,
  replicas: 1,
  active: 0,
  succeeded: 1,
  failed: 0,
  message: '',
  verdict: null,
  created_at: t0,
  not_before: t0,
  scheduled_at: null,
  started_at: t0 + 1,
  ended_at: t0 + 9,
  deadline_at: null,
  deleted_at: null,
  claimed_by: 3,
  limit_n: null,
  priority: null,
  traceparent: null,
  spec: null,
  document: null,
  not_acted_on: null,
};

const attempt: AttemptRow = {
  run_n: 7,
  idx: 0,
  number: 1,
  state: 'succeeded',
  executor: 'process',
  fence: 3,
  adopted: 0,
  pid: 4242,
  exit_code: 0,
  signal: null,
  message: 'exited with code 0',
  worker: '',
  result: '',
  progress: '',
  claimed_at: t0 + 1,
  started_at: t0 + 4,
  ended_at: t0 + 8,
};

function line(
  seq: number,
  subject: string,
  from: string | null,
  to: string,
  at = t0,
  reason = 'as written',
): EventRow {
  return { run_n: 7, seq, at, subject, from_state: from, to_state: to, reason };
}

function short(events: readonly RunEvent[]): readonly string[] {
  return events.map(({ subject, from, to }) => `${subject} ${from ?? 'nothing'} ${to}`);
}

describe('the story of a run', () => {
  test('one that did as it should is told by its rows alone', () => {
    const told = runStory(run, [attempt], []);
    assert.deepEqual(
      told.map(({ seq, atMs, subject, from, to, reason }) => [
        seq,
        atMs - t0,
        subject,
        from,
        to,
        reason,
      ]),
      [
        [0, 0, 'run', null, 'queued', 'manual trigger by alice'],
        [1, 1, 'run', 'queued', 'running', 'claimed by server life 3'],
        [2, 1, '#0.1', null, 'claimed', 'given to the process executor'],
        [3, 4, '#0.1', 'claimed', 'running', 'started as process 4242'],
        [4, 8, '#0.1', 'running', 'succeeded', 'exited with code 0'],
        [5, 9, 'run', 'running', 'succeeded', 'every instance succeeded'],
      ],
    );
  });

  test('an end without a confirmed start, and one that is not over', () => {
    const unconfirmed = { ...attempt, started_at: null, pid: null };
    assert.deepEqual(short(runStory(run, [unconfirmed], [])).slice(3), [
      '#0.1 claimed succeeded',
      'run running succeeded',
    ]);
    const live = { ...attempt, state: 'running', ended_at: null, exit_code: null, message: '' };
    const going = { ...run, state: 'running', ended_at: null };
    assert.deepEqual(short(runStory(going, [live], [])).slice(2), [
      '#0.1 nothing claimed',
      '#0.1 claimed running',
    ]);
    const waiting = { ...going, state: 'queued', started_at: null, claimed_by: null };
    assert.deepEqual(short(runStory(waiting, [], [])), ['run nothing queued']);
  });

  test('steps of the clock change no order', () => {
    const backwards = { ...run, created_at: t0, started_at: t0 - 1_000, ended_at: t0 - 3_000 };
    const early = { ...attempt, claimed_at: t0 + 5, started_at: t0 - 900, ended_at: t0 - 5_000 };
    const told = runStory(backwards, [early], []);
    assert.deepEqual(short(told), short(runStory(run, [attempt], [])));
    assert.equal(told.at(-1)?.atMs, t0 - 3_000, 'the times stay what the clocks said');
  });

  test('a retry comes after the failure that caused it, whatever the clocks say', () => {
    const failed = { ...attempt, state: 'failed', exit_code: 3, ended_at: t0 + 60_000 };
    const again = { ...attempt, number: 2, claimed_at: t0 + 10, started_at: t0 + 11 };
    const written = [line(1, '#0.1', 'running', 'failed', t0 + 60_000)];
    assert.deepEqual(short(runStory(run, [again, failed], written)).slice(2), [
      '#0.1 nothing claimed',
      '#0.1 claimed running',
      '#0.1 running failed',
      '#0.2 nothing claimed',
      '#0.2 claimed running',
      '#0.2 running succeeded',
      'run running succeeded',
    ]);
  });

  test('holds come before the start, what is done to an attempt within its life', () => {
    const written = [
      line(1, 'run', 'queued', 'queued', t0 + 50),
      line(2, 'run', 'queued', 'queued', t0 + 40),
      line(3, 'run', 'running', 'stopping', t0 + 2),
      line(4, '#0.1', 'running', 'stopping', t0 + 2),
      line(5, 'run', 'stopping', 'canceled', t0 + 3),
      line(6, '#0.1', null, 'output-removed', t0 + 1),
    ];
    const canceled = { ...run, state: 'canceled', stop_cause: 'user', message: 'by alice' };
    assert.deepEqual(short(runStory(canceled, [attempt], written)), [
      'run nothing queued',
      'run queued queued',
      'run queued queued',
      'run queued running',
      '#0.1 nothing claimed',
      '#0.1 claimed running',
      'run running stopping',
      '#0.1 running stopping',
      'run stopping canceled',
      '#0.1 stopping succeeded',
      '#0.1 nothing output-removed',
    ]);
  });

  test('removed output comes after the end of the run', () => {
    const written = [line(1, '#0.1', null, 'output-removed', t0 - 9)];
    assert.deepEqual(short(runStory(run, [attempt], written)).slice(-2), [
      'run running succeeded',
      '#0.1 nothing output-removed',
    ]);
  });

  test('what earlier versions wrote line by line is told once, in its order', () => {
    const written = [
      line(1, 'run', 'queued', 'running'),
      line(2, '#0.1', null, 'claimed'),
      line(3, '#0.1', 'claimed', 'running'),
      line(4, '#0.1', 'running', 'succeeded'),
      line(5, 'run', 'running', 'succeeded'),
    ];
    const old = { ...run, claimed_by: null };
    const told = runStory(old, [attempt], written);
    assert.deepEqual(short(told), short(runStory(run, [attempt], [])));
    assert.ok(told.slice(1).every(({ reason }) => reason === 'as written'));
    const half = runStory(old, [attempt], written.slice(0, 2));
    assert.deepEqual(short(half), short(told), 'begun by one version, ended by the next');
  });

  test('a start that says more than its row is told as it was written', () => {
    const written = [
      line(1, '#0.1', 'claimed', 'running', t0 + 4, 'started; by OpenJDK 17'),
      line(2, '#0.1', 'running', 'succeeded', t0 + 8, 'exited with code 0'),
    ];
    const noted = { ...attempt, message: 'exited with code 0; by OpenJDK 17' };
    const reasons = runStory(run, [noted], written).map(({ reason }) => reason);
    assert.deepEqual(reasons.slice(3, 5), ['started; by OpenJDK 17', 'exited with code 0']);
    assert.equal(reasons.length, 6);
  });

  test('a start that is confirmed after a stop was asked', () => {
    const written = [
      line(1, 'run', 'running', 'stopping'),
      line(2, '#0.1', 'claimed', 'stopping'),
      line(3, '#0.1', 'stopping', 'stopping'),
      line(4, '#0.1', 'stopping', 'stopped'),
      line(5, 'run', 'stopping', 'canceled'),
    ];
    const stopped = { ...attempt, state: 'stopped' };
    const canceled = { ...run, state: 'canceled' };
    assert.deepEqual(short(runStory(canceled, [stopped], written)).slice(2), [
      '#0.1 nothing claimed',
      'run running stopping',
      '#0.1 claimed stopping',
      '#0.1 stopping stopping',
      '#0.1 stopping stopped',
      'run stopping canceled',
    ]);
  });

  test('lines that contradict each other are all told', () => {
    const written = [
      line(1, '#0.1', 'running', 'succeeded'),
      line(2, '#0.1', 'claimed', 'running'),
      line(3, '#0.1', null, 'claimed'),
    ];
    assert.equal(runStory(run, [attempt], written).length, 6);
  });
});
