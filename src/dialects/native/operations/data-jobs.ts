import { Type } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import { TransferError } from '../../../domain/transfer/errors.ts';
import type { Template } from '../../../domain/template.ts';
import type { Engine } from '../../../engine/index.ts';
import { artifactOf, dataJobRevision } from '../data-jobs/spec.ts';
import { transferOf } from '../data-jobs/transfer-of.ts';
import { requireLinks, usableLink } from '../data-jobs/link-rights.ts';
import { suggestMapping } from '../data-jobs/mapping.ts';
import { findTemplate } from '../find-template.ts';
import { nextOffset, offsetPageOf, offsetPaging } from '../offset-cursor.ts';
import { defineOperation, json } from '../operation.ts';
import { withNextFiring } from '../schedule-state.ts';
import { closed, defaultPageSize, maxPageSize } from '../views/common.ts';
import {
  DataJobInput,
  dataJobMembers,
  DataJobPage,
  dataJobRowView,
  DataJobView,
} from '../views/data-job.ts';
import { MappingInput, MappingView, mappingView } from '../views/mapping.ts';
import { templateView } from '../views/template.ts';
import { PlanView, planView } from '../views/transfer-report.ts';
import { templateParams } from './templates.ts';

const group = 'data-jobs';
/** How long planning may take: a client waits for it. */
const planMs = 60_000;
/** Most data jobs of one answer: where each stands is read from its run. */
const maxListed = 100;

const oneJob = {
  status: 200,
  type: 'application/json',
  schema: DataJobView,
  description: 'The data job.',
} as const;

const list = defineOperation({
  name: 'ListDataJobs',
  method: 'GET',
  path: '/data-jobs',
  group,
  summary: 'Templates of every dialect that move data, newest first, each with its newest run.',
  query: Type.Object(
    {
      cursor: offsetPaging.cursor,
      limit: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: maxListed,
          default: defaultPageSize,
          description: 'Rows to return at most.',
        }),
      ),
      name: Type.Optional(Type.String({ maxLength: 256, description: 'Part of the name.' })),
      namespace: Type.Optional(Type.String({ maxLength: 256 })),
      dialect: Type.Optional(Type.Enum(['cdm', 'native'])),
    },
    closed,
  ),
  reply: {
    status: 200,
    type: 'application/json',
    schema: DataJobPage,
    description: 'A page of data jobs.',
  },
  async handle({ query }, { engine }) {
    const page = offsetPageOf(query);
    const { rows, total } = await engine.templates.list({
      artifact: 'transfer',
      orderBy: 'created',
      ...page,
      ...(query.name === undefined ? {} : { nameContains: query.name }),
      ...(query.namespace === undefined ? {} : { namespace: query.namespace }),
      ...(query.dialect === undefined ? {} : { dialect: query.dialect }),
    });
    const reports = await Promise.all(
      rows.map(({ latestRun }) => latestRun && engine.dataJobs.report(latestRun.id)),
    );
    return json({
      rows: rows.map((row, place) => dataJobRowView(row, reports[place] ?? null)),
      total,
      nextCursor: nextOffset(page.offset, rows.length, total),
    });
  },
});

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
  audited: 'denials',
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

const mapping = defineOperation({
  name: 'SuggestMapping',
  audited: 'denials',
  method: 'POST',
  path: '/data-jobs/mapping',
  group,
  summary: 'Which column of one table is likely to fill which of another, and what may go wrong.',
  body: MappingInput,
  reply: {
    status: 200,
    type: 'application/json',
    schema: MappingView,
    description: 'A mapping to begin with; a target that does not exist has no columns.',
  },
  async handle({ body, caller }, services) {
    const { engine, region } = services;
    const namespace = body.namespace ?? region;
    const [source, target] = await Promise.all(
      [body.from, body.to].map(async ({ link, schema = '', table }) => {
        const options = await usableLink(link, namespace, caller, services);
        return engine.dataJobs.columns(options, { schema, name: table });
      }),
    );
    if (source === undefined || source === null) {
      throw new TransferError(
        'table-missing',
        `link ${body.from.link} reaches no table ${body.from.table}`,
      );
    }
    return json(mappingView(suggestMapping(source, target ?? []), target !== null));
  },
});

export const dataJobOperations = [list, create, get, update, plan, mapping] as const;
