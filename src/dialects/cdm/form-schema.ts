/** Fields of the forms of jobs. */
import { field, type FormField, type FormKind, type FormSchema } from '../kit/operations.ts';
import { driverFields, endConnectors, endVariants } from './form-inputs.ts';
import { jobWords } from './form-words.ts';

/** The fields of createJob, updateJob or startJob. */
export function schemaOf(kind: FormKind): FormSchema {
  const place = {
    project_id: own('project_id', 'job', true),
    cluster_id: own('cluster_id', 'job', true),
  };
  const named = { job_name: own('job_name', 'job', true) };
  if (kind === 'execute') {
    const variables = own('variables', 'job', false, {
      type: 'object',
      additionalProperties: { type: 'string' },
      'x-widget': 'pairs',
    });
    return object({ ...place, ...named, variables }, ['cluster_id', 'job_name']);
  }
  const isNew = kind === 'create';
  return object(
    {
      ...place,
      ...(isNew ? {} : named),
      name: own('name', 'job', false, { maxLength: 240 }),
      job_type: own('job_type', 'job', false, {
        enum: ['NORMAL_JOB', 'BATCH_JOB'],
        ...(isNew ? { default: 'NORMAL_JOB' } : {}),
      }),
      ...endFields('from'),
      ...endFields('to'),
      driver: own('driver', 'driver', false, { type: 'object', properties: driverFields() }),
    },
    ['cluster_id', ...(isNew ? [] : ['job_name']), 'name', 'from-link-name', 'to-link-name'],
  );
}

function endFields(end: 'from' | 'to'): Readonly<Record<string, FormField>> {
  return {
    [`${end}-link-name`]: own(`${end}-link-name`, end, false),
    [`${end}-connector-name`]: own(`${end}-connector-name`, end, false, {
      enum: endConnectors(end),
    }),
    [end]: own(end, end, false, {
      type: 'object',
      'x-variants': { by: `${end}-connector-name`, of: endVariants(end) },
    }),
  };
}

function own(
  name: keyof typeof jobWords,
  section: string,
  isFixed: boolean,
  more: Partial<FormField> = {},
): FormField {
  const [title, note] = jobWords[name];
  return field(more.type ?? 'string', title, note, {
    ...more,
    'x-section': section,
    ...(isFixed ? { 'x-fixed': true } : {}),
  });
}

function object(
  properties: Readonly<Record<string, FormField>>,
  required: readonly string[],
): FormSchema {
  return { type: 'object', properties, required };
}
