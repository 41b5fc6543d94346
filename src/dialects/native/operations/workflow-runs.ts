import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import { isFinal } from '../../../domain/states.ts';
import type { WorkflowInsight, WorkflowRunDetails } from '../../kit/insight.ts';
import { withoutNul } from '../offset-cursor.ts';
import { defineOperation, json, type NativeServices, type StreamEvent } from '../operation.ts';
import { RunView, runView } from '../views/run.ts';
import { WorkflowRunView, workflowRunView } from '../views/workflows.ts';
import { createStreamLimit } from '../stream-limit.ts';
import { waitFor } from '../wait.ts';
import { workflowsOf } from './workflows.ts';

const group = 'workflow-runs';
const params = Type.Object({ run: Type.String({ minLength: 1, maxLength: 256, ...withoutNul }) });

/** Runs of the nodes give no signal to the workflow's: how often they are looked at. */
const lookAgainMs = 500;
/** A comment after this many quiet looks keeps proxies from closing the line: 15 s. */
const looksPerComment = 30;
/** Each look reads the run of every node: of this many, each twice a second. */
const streams = createStreamLimit(128, 'runs of workflows are being followed');

async function requireRun(workflows: WorkflowInsight, run: string): Promise<WorkflowRunDetails> {
  const found = await workflows.findRun(run);
  if (found !== null) return found;
  throw new DomainError('run-not-found', `${run} is no run of a workflow`, { run });
}

/**
 * Event `state` has the whole view whenever it differs, its digest as id: so whoever comes back
 * with the last id misses nothing and gets nothing twice. `end` follows when nothing changes any
 * more.
 */
async function* follow(
  { engine, insights, closing }: Pick<NativeServices, 'engine' | 'insights' | 'closing'>,
  run: string,
  lastEventId: string | null,
): AsyncGenerator<StreamEvent> {
  const { workflows } = workflowsOf({ insights });
  let told = lastEventId;
  let quietLooks = 0;
  while (!closing.aborted) {
    const found = await workflows.findRun(run);
    if (found === null) return;
    const view = workflowRunView(found);
    const id = createHash('sha256').update(JSON.stringify(view)).digest('hex').slice(0, 32);
    if (id !== told) {
      told = id;
      quietLooks = 0;
      yield { event: 'state', id, data: view };
    }
    if (isFinal('run', found.run.state) && found.nodes.every(isOver)) {
      yield { event: 'end', id, data: { state: found.run.state } };
      return;
    }
    quietLooks += 1;
    if (quietLooks % looksPerComment === 0) yield { event: null, id: null, data: null };
    await waitFor(engine.runs.changed(run, lookAgainMs), closing);
  }
}

function isOver({ run }: WorkflowRunDetails['nodes'][number]): boolean {
  return run === null || isFinal('run', run.state);
}

const show = defineOperation({
  name: 'GetWorkflowRun',
  method: 'GET',
  path: '/workflow-runs/{run}',
  group,
  summary: 'A run of a workflow with the state of each node and the run behind it.',
  params,
  reply: {
    status: 200,
    type: 'application/json',
    schema: WorkflowRunView,
    description: 'The run.',
  },
  async handle({ params: { run } }, services) {
    return json(workflowRunView(await requireRun(workflowsOf(services).workflows, run)));
  },
});

const followRun = defineOperation({
  name: 'FollowWorkflowRun',
  method: 'GET',
  path: '/workflow-runs/{run}/follow',
  group,
  summary: 'The same as it changes: events `state`, then `end`. Resumed by Last-Event-ID.',
  params,
  reply: { status: 200, type: 'text/event-stream', description: 'Events until nothing changes.' },
  async handle({ params: { run }, lastEventId }, services) {
    await requireRun(workflowsOf(services).workflows, run);
    const events = follow(services, run, lastEventId);
    return { kind: 'events', events: streams.admit(services.engine, events) };
  },
});

const stop = defineOperation({
  name: 'StopWorkflowRun',
  method: 'POST',
  path: '/workflow-runs/{run}/stop',
  group,
  summary: 'Stops a run of a workflow with what runs in it.',
  params,
  reply: { status: 200, type: 'application/json', schema: RunView, description: 'The run.' },
  async handle({ params: { run }, caller }, services) {
    await requireRun(workflowsOf(services).workflows, run);
    return json(runView(await services.engine.runs.stop(run, caller.user.name)));
  },
});

const resume = defineOperation({
  name: 'ResumeWorkflowRun',
  method: 'POST',
  path: '/workflow-runs/{run}/resume',
  group,
  summary: 'Runs again what failed in a run that failed; a further run goes on from there.',
  params,
  reply: {
    status: 201,
    type: 'application/json',
    schema: RunView,
    description: 'The run that goes on.',
  },
  async handle({ params: { run }, caller }, services) {
    const { workflows } = workflowsOf(services);
    return json(runView(await workflows.resume(run, caller.user.name)), 201);
  },
});

export const workflowRunOperations = [show, followRun, stop, resume] as const;
