import { Type } from 'typebox';
import {
  defineOperation,
  json,
  nothing,
  type NativeCall,
  type NativeServices,
} from '../operation.ts';
import { requireCommand } from '../data-jobs/spec.ts';
import { findTemplate } from '../find-template.ts';
import { revisionOf } from '../native-spec.ts';
import { withNextFiring } from '../schedule-state.ts';
import { DomainError } from '../../../domain/errors.ts';
import { closed, pageOf, paging } from '../views/common.ts';
import {
  changeView,
  RefusalList,
  refusalView,
  TemplateChangePage,
  TemplateInput,
  templateSummaryView,
  TemplateView,
  templateView,
} from '../views/template.ts';

const group = 'templates';
const maxRefusals = 100;

/** Path parameter of one template. */
export const templateParams = Type.Object({
  template: Type.String({
    minLength: 1,
    maxLength: 256,
    description: 'Id, or a name that only one template has.',
  }),
});

const oneTemplate = {
  status: 200,
  type: 'application/json',
  schema: TemplateView,
  description: 'The template.',
} as const;

const get = defineOperation({
  name: 'GetTemplate',
  method: 'GET',
  path: '/templates/{template}',
  group,
  summary: 'One template.',
  params: templateParams,
  reply: oneTemplate,
  async handle({ params }, { engine }) {
    const template = await findTemplate(engine, params.template);
    const latestRun = await engine.runs.latest(template.id);
    const view = templateSummaryView({ ...template, latestRun });
    return json(await withNextFiring(engine, view));
  },
});

const create = defineOperation({
  name: 'CreateTemplate',
  method: 'POST',
  path: '/templates',
  group,
  summary: 'Stores a native template: one command.',
  body: TemplateInput,
  reply: { ...oneTemplate, status: 201 },
  async handle({ body, caller }, { engine, region }) {
    const { rows } = await engine.templates.list({
      dialect: 'native',
      nameContains: body.name,
      offset: 0,
      limit: 500,
    });
    const namespace = body.namespace ?? region;
    if (rows.some((row) => row.name === body.name && row.namespace === namespace)) {
      throw new DomainError(
        'already-exists',
        `a native template ${body.name} exists in ${namespace}`,
      );
    }
    const { template } = await engine.templates.create(
      { dialect: 'native', namespace, name: body.name, ...revisionOf(body) },
      caller.user.name,
    );
    return json(await withNextFiring(engine, templateView(template)), 201);
  },
});

const update = defineOperation({
  name: 'UpdateTemplate',
  method: 'PUT',
  path: '/templates/{template}',
  group,
  summary: 'Replaces the definition of a native template; its name stays.',
  params: templateParams,
  body: TemplateInput,
  reply: oneTemplate,
  async handle({ params, body, caller }, { engine }) {
    const found = await findTemplate(engine, params.template);
    const { id, name, dialect } = found;
    if (dialect !== 'native') {
      throw new DomainError(
        'invalid-argument',
        `${name} is a ${dialect} template; change it through that API`,
      );
    }
    requireCommand(found);
    if (body.name !== name) {
      throw new DomainError(
        'invalid-argument',
        `name must stay ${name}; create another template instead`,
      );
    }
    const { template } = await engine.templates.update(
      id,
      'native',
      () => revisionOf(body),
      caller.user.name,
    );
    return json(await withNextFiring(engine, templateView(template)));
  },
});

const remove = defineOperation({
  name: 'DeleteTemplate',
  method: 'DELETE',
  path: '/templates/{template}',
  group,
  summary: 'Stops its runs and erases the template.',
  params: templateParams,
  reply: {
    status: 204,
    type: null,
    description: 'It is hidden; rows go when its runs have ended.',
  },
  async handle({ params, caller }, { engine }) {
    const { id, dialect } = await findTemplate(engine, params.template);
    await engine.templates.delete(id, dialect, caller.user.name);
    return nothing;
  },
});

async function setSuspended(
  { params, caller }: NativeCall<{ template: string }>,
  { engine }: NativeServices,
  suspended: boolean,
) {
  const { id, dialect } = await findTemplate(engine, params.template);
  const template = await engine.templates.setSuspended(id, dialect, suspended, caller.user.name);
  return json(await withNextFiring(engine, templateView(template)));
}

const suspend = defineOperation({
  name: 'SuspendTemplate',
  method: 'POST',
  path: '/templates/{template}/suspend',
  group,
  summary: 'Refuses new runs until resumed; running ones go on.',
  params: templateParams,
  reply: oneTemplate,
  handle: (call, services) => setSuspended(call, services, true),
});

const resume = defineOperation({
  name: 'ResumeTemplate',
  method: 'POST',
  path: '/templates/{template}/resume',
  group,
  summary: 'Accepts runs again.',
  params: templateParams,
  reply: oneTemplate,
  handle: (call, services) => setSuspended(call, services, false),
});

const changes = defineOperation({
  name: 'ListTemplateChanges',
  method: 'GET',
  path: '/templates/{template}/changes',
  group,
  summary: 'Every change of the definition, newest first.',
  params: templateParams,
  query: Type.Object(paging, closed),
  reply: {
    status: 200,
    type: 'application/json',
    schema: TemplateChangePage,
    description: 'A page of changes.',
  },
  async handle({ params, query }, { engine }) {
    const { id } = await findTemplate(engine, params.template);
    const { offset, limit } = pageOf(query);
    const { rows, total } = await engine.templates.changes(id, offset, limit);
    return json({ rows: rows.map(changeView), total });
  },
});

const refusals = defineOperation({
  name: 'ListTemplateRefusals',
  method: 'GET',
  path: '/templates/{template}/refusals',
  group,
  summary: 'Triggers that made no run, newest first, each with its reason.',
  params: templateParams,
  reply: {
    status: 200,
    type: 'application/json',
    schema: RefusalList,
    description: 'The newest refusals.',
  },
  async handle({ params }, { engine }) {
    const { id } = await findTemplate(engine, params.template);
    return json({ rows: (await engine.templates.refusals(id, maxRefusals)).map(refusalView) });
  },
});

export const templateOperations = [
  get,
  create,
  update,
  remove,
  suspend,
  resume,
  changes,
  refusals,
] as const;
