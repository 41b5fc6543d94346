import { Type } from 'typebox';
import type { JobForms, OperationForm } from '../../kit/operations.ts';
import { findTemplate } from '../find-template.ts';
import { defineOperation, json, type NativeCaller, type NativeServices } from '../operation.ts';
import { ProblemError } from '../problem.ts';
import { closed } from '../views/common.ts';
import {
  FormAnswerView,
  FormInput,
  FormList,
  type FormSummaryView,
  type FormView,
  FormView as FormSchemaView,
  SameRequestList,
} from '../views/operations-forms.ts';
import { templateParams } from './templates.ts';

const group = 'operations';
const dialectName = Type.Enum(['sae', 'schedulerx', 'cdm', 'native']);
const operationName = Type.String({ minLength: 1, maxLength: 64 });
const formParams = Type.Object({ dialect: operationName, operation: operationName });

/** @throws ProblemError `no-such-operation`. */
function formOf(
  { forms }: Pick<NativeServices, 'forms'>,
  dialect: string,
  operation: string,
): { readonly of: JobForms; readonly form: OperationForm } {
  const of = forms.find((one) => one.dialect === dialect);
  const form = of?.forms.find((one) => one.operation === operation);
  if (of !== undefined && form !== undefined) return { of, form };
  const known = of?.forms.map((one) => one.operation).join(', ') ?? 'none';
  throw new ProblemError(
    'no-such-operation',
    `${dialect} has no form for ${operation}; there are: ${known}`,
  );
}

function summaryOf(
  form: OperationForm,
  { user }: NativeCaller,
  { engine }: NativeServices,
): FormSummaryView {
  const { dialect, operation, kind, sends, action, summary } = form;
  const allowed = engine.access.couldAllow(user, action, '');
  return { dialect, operation, kind, sends, action, summary, allowed };
}

function viewOf(
  form: OperationForm,
  values: Readonly<Record<string, unknown>>,
  caller: NativeCaller,
  services: NativeServices,
): FormView {
  return {
    ...summaryOf(form, caller, services),
    sections: form.sections.map(({ key, title }) => ({ key, title })),
    schema: form.schema(),
    values: { ...values },
  };
}

const list = defineOperation({
  name: 'ListOperations',
  method: 'GET',
  path: '/operations',
  group,
  summary: 'Operations on jobs, of every dialect, that can be filled in as a form.',
  query: Type.Object({ dialect: Type.Optional(dialectName) }, closed),
  reply: {
    status: 200,
    type: 'application/json',
    schema: FormList,
    description: 'The operations.',
  },
  async handle({ query, caller }, services) {
    const rows = services.forms
      .filter(({ dialect }) => query.dialect === undefined || dialect === query.dialect)
      .flatMap((of) => of.forms.map((form) => summaryOf(form, caller, services)));
    return json({ rows });
  },
});

const get = defineOperation({
  name: 'GetOperation',
  method: 'GET',
  path: '/operations/{dialect}/{operation}',
  group,
  summary: 'One form with its fields.',
  params: formParams,
  reply: {
    status: 200,
    type: 'application/json',
    schema: FormSchemaView,
    description: 'The form.',
  },
  async handle({ params, caller }, services) {
    const { of, form } = formOf(services, params.dialect, params.operation);
    return json(viewOf(form, await of.initial(form.operation), caller, services));
  },
});

const filled = defineOperation({
  name: 'GetTemplateOperation',
  method: 'GET',
  path: '/templates/{template}/operations/{operation}',
  group: 'templates',
  summary: 'A form of the template’s dialect, filled with what the template says.',
  params: Type.Object({ ...templateParams.properties, operation: operationName }),
  reply: {
    status: 200,
    type: 'application/json',
    schema: FormSchemaView,
    description: 'The form.',
  },
  async handle({ params, caller }, services) {
    const template = await findTemplate(services.engine, params.template);
    const { of, form } = formOf(services, template.dialect, params.operation);
    const values = await of.filled(form.operation, template);
    if (values !== null) return json(viewOf(form, values, caller, services));
    throw new ProblemError(
      'no-such-operation',
      `${template.name} is nothing that ${form.operation} is for`,
      'Change it where it was made: data jobs as such, workflows through their API.',
    );
  },
});

const render = defineOperation({
  name: 'RenderOperation',
  method: 'POST',
  path: '/operations/{dialect}/{operation}/render',
  group,
  summary: 'A filled form as requests of SDKs, of command lines, and of curl. Carries nothing out.',
  audited: 'denials',
  params: formParams,
  body: FormInput,
  reply: {
    status: 200,
    type: 'application/json',
    schema: SameRequestList,
    description: 'The requests.',
  },
  async handle({ params, body }, services) {
    const { of, form } = formOf(services, params.dialect, params.operation);
    const server = { url: services.baseUrl(), region: services.region };
    return json({ rows: of.requests(form.operation, body.values, server) });
  },
});

const invoke = defineOperation({
  name: 'InvokeOperation',
  audited: 'within',
  method: 'POST',
  path: '/operations/{dialect}/{operation}/invoke',
  group,
  summary:
    'Carries a filled form out. The dialect’s own policies, checks and refusals hold as on its wire.',
  params: formParams,
  body: FormInput,
  reply: {
    status: 200,
    type: 'application/json',
    schema: FormAnswerView,
    description: 'What the operation answered.',
  },
  async handle({ params, body, caller }, services) {
    const { of, form } = formOf(services, params.dialect, params.operation);
    return json(await of.invoke(form.operation, body.values, caller));
  },
});

export const formOperations = [list, get, filled, render, invoke] as const;
