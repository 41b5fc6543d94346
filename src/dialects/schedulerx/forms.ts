/** Forms of CreateJob, UpdateJob and ExecuteJob, made from the rows of their parameters. */
import type { Template } from '../../domain/template.ts';
import type { AliyunFamily } from '../aliyun/family.ts';
import { createAliyunForms, type ProductForms } from '../aliyun/forms.ts';
import type { ParameterInfo, Product, Reply } from '../aliyun/operation.ts';
import {
  field,
  type FormField,
  type FormSchema,
  type FormValues,
  type JobForms,
  type OperationForm,
} from '../kit/operations.ts';
import { schedulerxLabels, schedulerxSections } from './form-labels.ts';
import { groupOfTemplateNamespace } from './groups.ts';
import { readJobDocument } from './job-document.ts';
import { createJob } from './operations/jobs/create-job.ts';
import { executeJob } from './operations/jobs/execute-job.ts';
import { fieldBounds } from './operations/jobs/fields.ts';
import { updateJob } from './operations/jobs/update-job.ts';
import type { SchedulerxOperation } from './operation.ts';
import type { SchedulerxServices } from './services.ts';

/** What is asked for when a form is opened; the rest is empty. */
const firstValues: Readonly<Record<string, unknown>> = {
  JobType: 'shell',
  ExecuteMode: 'standalone',
  TimeType: 1,
};

const examples: Readonly<Record<string, string>> = {
  TimeExpression: '0 0 3 * * ?',
  Timezone: 'GMT+8',
  Parameters: '0=a,1=b',
  ContactInfo: '[{"UserName": "ann", "UserMail": "ann@example.com"}]',
};

const choices: Readonly<Record<string, readonly string[]>> = {
  JobType: ['shell', 'python', 'http', 'java', 'go', 'xxljob'],
  ExecuteMode: ['standalone', 'broadcast', 'sharding', 'parallel', 'batch', 'grid'],
  TaskDispatchMode: ['push', 'pull'],
};

/** Which job it is; with a template at hand nobody is asked. */
const fixed: ReadonlySet<string> = new Set(['Namespace', 'GroupId', 'JobId']);
/** Parameters that say nothing here. */
const left: ReadonlySet<string> = new Set(['RegionId', 'NamespaceSource']);
const sections = Object.entries(schedulerxSections).map(([key, title]) => ({ key, title }));

/** The forms of a product that the family serves. */
export function createSchedulerxForms(
  product: Product<SchedulerxServices>,
  family: AliyunFamily,
): JobForms {
  return createAliyunForms(product, family, schedulerxForms);
}

const schedulerxForms: ProductForms = {
  dialect: 'schedulerx',
  names: {
    packageSuffix: 'schedulerx220190430',
    cliProduct: 'schedulerx2',
    modelLists: ['ContactInfo'],
    cliUnknown: ['StartTime', 'EndTime'],
    // As current SDKs do; what is in the form wins (schedulerx.md §1).
    inForm: (_operation, parameter) => parameter !== 'Priority',
  },
  forms: [
    form(createJob, 'create', { en: 'Create a SchedulerX job', zh: '创建 SchedulerX 任务' }),
    form(updateJob, 'update', { en: 'Change a SchedulerX job', zh: '修改 SchedulerX 任务' }),
    form(executeJob, 'execute', { en: 'Run a SchedulerX job', zh: '运行 SchedulerX 任务' }),
  ],
  document: ({ document }) => {
    const { given, contacts, enabled } = readJobDocument(document) ?? {};
    return given === undefined ? document : { ...given, ContactInfo: contacts, Enabled: enabled };
  },
  filled,
  idsOf,
};

function form(
  operation: SchedulerxOperation,
  kind: OperationForm['kind'],
  summary: OperationForm['summary'],
): OperationForm {
  return {
    dialect: 'schedulerx',
    operation: operation.name,
    kind,
    sends: kind === 'create' ? 'whole' : 'changes',
    action: `edas:${operation.ramAction ?? operation.name}`,
    summary,
    sections,
    schema: () => schemaOf(operation.parameters, kind),
  };
}

function schemaOf(parameters: readonly ParameterInfo[], kind: OperationForm['kind']): FormSchema {
  const rows = parameters.filter(({ name }) => !left.has(name));
  return {
    type: 'object',
    properties: Object.fromEntries(rows.map((row) => [row.name, fieldOf(row, kind)])),
    required: rows.filter(({ required }) => required).map(({ name }) => name),
  };
}

function fieldOf(
  { name, type, effect, note }: ParameterInfo,
  kind: OperationForm['kind'],
): FormField {
  const [section, en, zh, noteZh] = schedulerxLabels[name] ?? ['task', name, name, ''];
  const [minimum, maximum] = fieldBounds[name] ?? [];
  const words = choices[name];
  return field(
    type === 'json' ? 'string' : type,
    { en, zh },
    { en: note, zh: noteZh },
    {
      'x-section': section,
      ...(name in examples ? { examples: [examples[name] ?? ''] } : {}),
      ...(words === undefined ? {} : { enum: words }),
      ...(minimum === undefined ? {} : { minimum }),
      ...(maximum === undefined ? {} : { maximum }),
      ...(name === 'Content' ? { 'x-widget': 'code' } : {}),
      ...(type === 'json' ? { 'x-widget': 'json' } : {}),
      ...(effect === 'stored' ? { 'x-stored': true } : {}),
      ...(kind === 'create' && name in firstValues ? { default: firstValues[name] } : {}),
      ...(kind !== 'create' && fixed.has(name) ? { 'x-fixed': true } : {}),
    },
  );
}

/** Jobs only: workflows are templates, too. */
function filled(operation: string, template: Template): FormValues | null {
  const document = template.dialect === 'schedulerx' ? readJobDocument(template.document) : null;
  if (document === null) return null;
  const { namespace, groupId } = groupOfTemplateNamespace(template.namespace);
  const job = { Namespace: namespace, GroupId: groupId };
  if (operation === 'ExecuteJob') return { ...job, JobId: Number(template.id) };
  const { parameters } = operation === 'CreateJob' ? createJob : updateJob;
  const given = parameters.flatMap(({ name, type }) => {
    const text = document.given[name];
    return text === undefined ? [] : [[name, typed(type, text)] as const];
  });
  const { contacts } = document;
  return {
    ...job,
    ...(operation === 'CreateJob' ? {} : { JobId: Number(template.id) }),
    ...Object.fromEntries(given),
    ...(contacts.length === 0 ? {} : { ContactInfo: JSON.stringify(contacts) }),
  };
}

function typed(type: ParameterInfo['type'], text: string): unknown {
  if (type === 'integer') return Number(text);
  return type === 'boolean' ? text === 'true' : text;
}

function idsOf(operation: string, { data }: Reply, values: FormValues) {
  const { JobId: made, JobInstanceId: run } = (data ?? {}) as Readonly<Record<string, unknown>>;
  const meant = made ?? values['JobId'];
  return {
    templateId: meant === undefined || meant === null ? null : String(meant),
    runId: operation === 'ExecuteJob' && run !== undefined ? String(run) : null,
  };
}
