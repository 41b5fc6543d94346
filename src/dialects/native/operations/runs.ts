import { Type } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import type { RunDetail } from '../../../domain/run.ts';
import { isFinal } from '../../../domain/states.ts';
import type { Engine } from '../../../engine/index.ts';
import { findTemplate } from '../find-template.ts';
import { overrideOf } from '../native-spec.ts';
import { defineOperation, json, nothing } from '../operation.ts';
import { waitFor } from '../wait.ts';
import { closed } from '../views/common.ts';
import {
  InstanceList,
  instanceView,
  RunDetailView,
  runDetailView,
  RunEventList,
  runEventView,
  RunView,
  runView,
  SubmittedRun,
} from '../views/run.ts';
import { RunInput } from '../views/template.ts';
import { templateParams } from './templates.ts';

const group = 'runs';
const maxWaitMs = 60_000;
const clock = (): number => performance.now();

/** Path parameter of one run. */
export const runParams = Type.Object({ run: Type.String({ minLength: 1, maxLength: 256 }) });

/** @throws DomainError `run-not-found`. */
export async function findRun(engine: Engine, id: string): Promise<RunDetail> {
  const run = await engine.runs.get(id);
  if (run === null) {
    throw new DomainError('run-not-found', `no run has the id ${id}`, { run: id });
  }
  return run;
}

const submit = defineOperation({
  name: 'SubmitRun',
  audited: 'starts',
  method: 'POST',
  path: '/templates/{template}/runs',
  group,
  summary: 'Accepts a run durably. A known idempotency key answers the run it made before.',
  params: templateParams,
  body: RunInput,
  reply: { status: 201, type: 'application/json', schema: SubmittedRun, description: 'The run.' },
  async handle({ params, body, caller }, { engine }) {
    const { id, dialect } = await findTemplate(engine, params.template);
    const { run, existing } = await engine.runs.submit({
      templateId: id,
      dialect,
      trigger: 'manual',
      idPrefix: 'manual-',
      idSuffix: '',
      idempotencyKey: body.idempotencyKey ?? null,
      notBeforeMs: body.notBeforeMs ?? null,
      by: caller.user.name,
      traceparent: caller.traceparent ?? null,
      override: overrideOf(body),
    });
    return json({ run: runView(run), existing }, 201);
  },
});

const get = defineOperation({
  name: 'GetRun',
  method: 'GET',
  path: '/runs/{run}',
  group,
  summary: 'One run; with `waitMs` it answers when the run has ended or that time is over.',
  params: runParams,
  query: Type.Object(
    {
      waitMs: Type.Optional(
        Type.Integer({ minimum: 0, maximum: maxWaitMs, description: 'Longest wait for the end.' }),
      ),
    },
    closed,
  ),
  reply: { status: 200, type: 'application/json', schema: RunDetailView, description: 'The run.' },
  async handle({ params, query }, { engine, closing }) {
    const giveUpAtMs = clock() + (query.waitMs ?? 0);
    for (;;) {
      // Asked for before reading, so that a change in between is not missed.
      const leftMs = giveUpAtMs - clock();
      const change = leftMs > 0 ? engine.runs.changed(params.run, leftMs) : null;
      const run = await findRun(engine, params.run);
      if (isFinal('run', run.state) || change === null || closing.aborted) {
        return json(runDetailView(run));
      }
      await waitFor(change, closing);
    }
  },
});

const instances = defineOperation({
  name: 'ListInstances',
  method: 'GET',
  path: '/runs/{run}/instances',
  group,
  summary: 'Instances of a run with their attempts.',
  params: runParams,
  reply: {
    status: 200,
    type: 'application/json',
    schema: InstanceList,
    description: 'All instances.',
  },
  async handle({ params }, { engine }) {
    await findRun(engine, params.run);
    return json({ rows: (await engine.runs.instances(params.run)).map(instanceView) });
  },
});

const events = defineOperation({
  name: 'ListRunEvents',
  method: 'GET',
  path: '/runs/{run}/events',
  group,
  summary: 'Why the run is as it is: every change of state with its reason.',
  params: runParams,
  reply: {
    status: 200,
    type: 'application/json',
    schema: RunEventList,
    description: 'All events.',
  },
  async handle({ params }, { engine }) {
    await findRun(engine, params.run);
    return json({ rows: (await engine.runs.events(params.run)).map(runEventView) });
  },
});

const stop = defineOperation({
  name: 'StopRun',
  method: 'POST',
  path: '/runs/{run}/stop',
  group,
  summary: 'Records the stop; the run is final when its runner confirms.',
  params: runParams,
  reply: { status: 200, type: 'application/json', schema: RunView, description: 'The run.' },
  async handle({ params, caller }, { engine }) {
    return json(runView(await engine.runs.stop(params.run, caller.user.name)));
  },
});

const remove = defineOperation({
  name: 'DeleteRun',
  method: 'DELETE',
  path: '/runs/{run}',
  group,
  summary: 'Hides the run at once, stops it if need be, and erases it with its output.',
  params: runParams,
  reply: { status: 204, type: null, description: 'It is hidden.' },
  async handle({ params, caller }, { engine }) {
    await engine.runs.delete(params.run, caller.user.name);
    return nothing;
  },
});

export const runOperations = [submit, get, instances, events, stop, remove] as const;
