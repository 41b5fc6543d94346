import { Type } from 'typebox';
import { DomainError } from '../../../domain/errors.ts';
import type { Template } from '../../../domain/template.ts';
import { masked } from '../../kit/mask.ts';
import { findTemplate } from '../find-template.ts';
import { defineOperation, json, type NativeServices } from '../operation.ts';
import {
  TemplateDefinitionView,
  type TemplateRevisionView,
  TemplateRevisionView as TemplateRevisionSchema,
} from '../views/template.ts';
import { templateParams } from './templates.ts';

const group = 'templates';

type Shown = Readonly<Record<string, unknown>>;

/** The document as its dialect shows it, with everything masked that looks like a secret. */
function shownDocument({ forms }: Pick<NativeServices, 'forms'>, template: Template): Shown {
  const of = forms.find(({ dialect }) => dialect === template.dialect);
  return masked(of?.document(template) ?? {}) as Shown;
}

/** What the form that changes it says of it, masked alike. */
async function shownForm({ forms }: Pick<NativeServices, 'forms'>, template: Template) {
  const of = forms.find(({ dialect }) => dialect === template.dialect);
  const form = of?.forms.find(({ kind }) => kind === 'update');
  const values = form === undefined ? null : await of?.filled(form.operation, template);
  if (form === undefined || values === null || values === undefined) return null;
  return { operation: form.operation, values: masked(values) as Shown };
}

/** What the engine runs. Sealed secrets are left out by their dialect's names for them. */
function shownSpec({ spec }: Template): Shown {
  return masked(spec) as Shown;
}

const document = defineOperation({
  name: 'GetTemplateDocument',
  method: 'GET',
  path: '/templates/{template}/document',
  group,
  summary: 'The definition in the words of its own API, secrets masked.',
  params: templateParams,
  reply: {
    status: 200,
    type: 'application/json',
    schema: TemplateDefinitionView,
    description: 'The document.',
  },
  async handle({ params }, services) {
    const template = await findTemplate(services.engine, params.template);
    const { id, revision } = template;
    return json({
      templateId: id,
      revision,
      document: shownDocument(services, template),
      form: await shownForm(services, template),
    });
  },
});

const revision = defineOperation({
  name: 'GetTemplateRevision',
  method: 'GET',
  path: '/templates/{template}/revisions/{revision}',
  group,
  summary: 'One revision, for comparing it with another. Old ones are kept up to a bound.',
  params: Type.Object({
    ...templateParams.properties,
    // Checked after the policies were asked: a text that is no number is a revision that is not kept.
    revision: Type.String({ minLength: 1, maxLength: 16 }),
  }),
  reply: {
    status: 200,
    type: 'application/json',
    schema: TemplateRevisionSchema,
    description: 'The revision.',
  },
  async handle({ params }, services) {
    const { id } = await findTemplate(services.engine, params.template);
    const number = /^\d{1,9}$/.test(params.revision) ? Number(params.revision) : 0;
    const past = await services.engine.templates.revision(id, number);
    if (past === null) {
      throw new DomainError(
        'invalid-argument',
        `revision ${params.revision} of ${id} is not kept: it never was, or newer ones took its place`,
      );
    }
    const view: TemplateRevisionView = {
      templateId: id,
      revision: past.revision,
      document: { ...shownDocument(services, past) },
      spec: { ...shownSpec(past) },
      schedule: past.schedule as TemplateRevisionView['schedule'],
      notActedOn: [...past.notActedOn],
    };
    return json(view);
  },
});

export const templatePastOperations = [document, revision] as const;
