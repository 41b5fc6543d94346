import { Type } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import type { Template } from '../../../domain/template.ts';
import type { Engine } from '../../../engine/index.ts';
import { artifactOf, dataJobRevision, transferOf } from '../data-jobs/spec.ts';
import { requireLinks } from '../data-jobs/link-rights.ts';
import { findTemplate } from '../find-template.ts';
import { defineOperation, json } from '../operation.ts';
import { withNextFiring } from '../schedule-state.ts';
import { closed, defaultPageSize, maxPageSize } from '../views/common.ts';
import { DataJobInput, dataJobMembers, DataJobView } from '../views/data-job.ts';
import { templateView } from '../views/template.ts';
import {
  PlanView,
  planView,
  QuarantinePage,
  quarantinedRowView,
  reportView,
  TransferStatus,
} from '../views/transfer-report.ts';
import { findRun, runParams } from './runs.ts';
import { templateParams } from './templates.ts';

const group = 'data-jobs';
/** How long planning may take: a client waits for it. */
const planMs = 60_000;

const oneJob = {
  status: 200,
  type: 'application/json',
  schema: DataJobView,
  description: 'The data job.',
} as const;

/** A data job as answers have it. @throws DomainError `invalid-argument` for another template. */
async function view(engine: Engine, template: Template): Promise<unknown> {
  const members = dataJobMembers(transferOf(template));
  return { ...(await withNextFiring(engine, templateView(template))), ...members };
}

const create = defineOperation({
  name: 'CreateDataJob',
  method: 'POST',
  path: '/data-jobs',
  group,
  summary: 'Stores a template that moves data. Each link it names asks for `longshore:UseLink`.',
  body: DataJobInput,
  reply: { ...oneJob, status: 201 },
  async handle({ body, caller }, services) {
    const { engine, region, version } = services;
    const seal = services.seal.bind(services);
    const namespace = body.namespace ?? region;
    const artifact = artifactOf(body, { namespace, version, current: null });
    await requireLinks(artifact.definition, namespace, caller, services);
    const { rows } = await engine.templates.list({
      dialect: 'native',
      nameContains: body.name,
      offset: 0,
      limit: maxPageSize,
    });
    if (rows.some((row) => row.name === body.name && row.namespace === namespace)) {
      throw new DomainError(
        'already-exists',
        `a native template ${body.name} exists in ${namespace}`,
      );
    }
    const { template } = await engine.templates.create(
      { dialect: 'native', namespace, name: body.name, ...dataJobRevision(body, artifact, seal) },
      caller.user.name,
    );
    return json(await view(engine, template), 201);
  },
});

const get = defineOperation({
  name: 'GetDataJob',
  method: 'GET',
  path: '/data-jobs/{template}',
  group,
  summary: 'One template that moves data, of any dialect, with its whole definition.',
  params: templateParams,
  reply: oneJob,
  async handle({ params }, { engine }) {
    return json(await view(engine, await findTemplate(engine, params.template)));
  },
});

const update = defineOperation({
  name: 'UpdateDataJob',
  method: 'PUT',
  path: '/data-jobs/{template}',
  group,
  summary: 'Replaces the definition of a native data job; name and namespace stay.',
  params: templateParams,
  body: DataJobInput,
  reply: oneJob,
  async handle({ params, body, caller }, services) {
    const { engine, version } = services;
    const seal = services.seal.bind(services);
    const found = await findTemplate(engine, params.template);
    const { id, name, dialect, namespace } = found;
    if (dialect !== 'native') {
      throw new DomainError(
        'invalid-argument',
        `${name} is a ${dialect} template; change it through that API`,
      );
    }
    if (body.name !== name || (body.namespace ?? namespace) !== namespace) {
      throw new DomainError(
        'invalid-argument',
        `name and namespace must stay ${name} in ${namespace}; create another data job instead`,
      );
    }
    const current = transferOf(found).definition;
    const artifact = artifactOf(body, { namespace, version, current });
    await requireLinks(artifact.definition, namespace, caller, services);
    const { template } = await engine.templates.update(
      id,
      'native',
      () => dataJobRevision(body, artifact, seal),
      caller.user.name,
    );
    return json(await view(engine, template));
  },
});

const plan = defineOperation({
  name: 'PlanDataJob',
  method: 'POST',
  path: '/data-jobs/plan',
  group,
  summary:
    'What a data job would do if it began now: tables, types, shards, statements. Nothing is changed anywhere.',
  body: DataJobInput,
  reply: { status: 200, type: 'application/json', schema: PlanView, description: 'The plan.' },
  async handle({ body, caller }, services) {
    const { engine, region, version } = services;
    const namespace = body.namespace ?? region;
    const artifact = artifactOf(body, { namespace, version, current: null });
    await requireLinks(artifact.definition, namespace, caller, services);
    return json(planView(await engine.dataJobs.plan(artifact, planMs)));
  },
});

const report = defineOperation({
  name: 'GetTransferReport',
  method: 'GET',
  path: '/runs/{run}/transfer',
  group,
  summary: 'Where a run that moves data stands: counters, tables, what was resumed, the proof.',
  params: runParams,
  reply: {
    status: 200,
    type: 'application/json',
    schema: TransferStatus,
    description: 'Live while it runs on this server’s machine; else as its workers told last.',
  },
  async handle({ params }, { engine }) {
    const run = await findRun(engine, params.run);
    requireTransfer(run.spec.task.artifact.kind, run.id);
    const told = await engine.dataJobs.report(run.id);
    const { id: runId, state, message } = run;
    return json({ runId, state, message, report: told === null ? null : reportView(told) });
  },
});

const quarantine = defineOperation({
  name: 'ListQuarantinedRows',
  method: 'GET',
  path: '/runs/{run}/quarantine',
  group,
  summary:
    'Rows that a run kept out of the target, each with its reason, in the order they were met.',
  params: runParams,
  query: Type.Object(
    {
      after: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          default: 0,
          description: 'Id of the last row that was seen.',
        }),
      ),
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: maxPageSize,
          default: defaultPageSize,
          description: 'Rows to return at most.',
        }),
      ),
    },
    closed,
  ),
  reply: {
    status: 200,
    type: 'application/json',
    schema: QuarantinePage,
    description: 'A page of rows. They are kept on the machine that ran it, as long as the run.',
  },
  async handle({ params, query }, { engine }) {
    const run = await findRun(engine, params.run);
    requireTransfer(run.spec.task.artifact.kind, run.id);
    const { rows, total } = await engine.dataJobs.quarantine(run.id, {
      after: query.after ?? 0,
      limit: query.limit ?? defaultPageSize,
    });
    return json({ rows: rows.map(quarantinedRowView), total });
  },
});

function requireTransfer(kind: string, runId: string): void {
  if (kind === 'transfer') return;
  throw new DomainError('invalid-argument', `run ${runId} moves no data`);
}

export const dataJobOperations = [create, get, update, plan, report, quarantine] as const;
