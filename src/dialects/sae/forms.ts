/** Forms of CreateJob, UpdateJob and ExecJob, made from the table of their parameters. */
import type { Template } from '../../domain/template.ts';
import type { Reply } from '../aliyun/operation.ts';
import { createAliyunForms, type ProductForms } from '../aliyun/forms.ts';
import type { AliyunFamily } from '../aliyun/family.ts';
import type { Product } from '../aliyun/operation.ts';
import {
  field,
  type FormField,
  type FormSchema,
  type FormValues,
  type JobForms,
  type OperationForm,
} from '../kit/operations.ts';
import { saeLabels, saeSections } from './form-labels.ts';
import { execJob } from './operations/exec-job.ts';
import { jobParameters, secretDocumentMembers } from './parameters/job-parameters.ts';
import type { JobParameter, ParameterKind } from './parameters/parameter.ts';
import type { SaeServices } from './services.ts';
import { webhookTokenMember } from './translate/webhook.ts';
import { secretMask, storedParameters } from './validation/bag.ts';
import { hostImage, packageTypes } from './validation/packages.ts';

/** What is asked for when a form is opened; the rest is empty. */
const firstValues: Readonly<Record<string, unknown>> = {
  Workload: 'job',
  PackageType: 'Image',
  ImageUrl: hostImage,
  Replicas: 1,
};

const examples: Readonly<Record<string, string>> = {
  CommandArgs: '["-c", "echo hello"]',
  CustomHostAlias: '[{"hostName": "db.internal", "ip": "10.0.0.7"}]',
  TomcatConfig: '{"port": 8080, "contextPath": "/"}',
  PostStart: '{"exec": {"command": ["sh", "-c", "echo begun"]}}',
  PreStop: '{"exec": {"command": ["sh", "-c", "sleep 2"]}}',
  TriggerConfig: '{"type": "time", "config": "0 1 */1 * ?", "timezone": "GMT+8:00"}',
  SliceEnvs: '[0, 1, 2]',
  SlsConfigs: '[{"logDir": "/var/log/job/*.log"}]',
  MountDesc: '[{"mountPath": "/data", "nasPath": "/"}]',
  OssMountDescs: '[{"bucketName": "b", "bucketPath": "/", "mountPath": "/oss", "readOnly": true}]',
  ConfigMapMountDesc: '[{"configMapId": 1, "key": "app.conf", "mountPath": "/etc/app/"}]',
  Time: '2030-01-31T08:00:00Z',
};

/** Texts of several lines. */
const codes: ReadonlySet<string> = new Set(['PhpConfig', 'PythonModules']);
const sections = Object.entries(saeSections).map(([key, title]) => ({ key, title }));

/** The forms of a product that the family serves. */
export function createSaeForms(product: Product<SaeServices>, family: AliyunFamily): JobForms {
  return createAliyunForms(product, family, saeForms);
}

const saeForms: ProductForms = {
  dialect: 'sae',
  names: {
    packageSuffix: 'sae20190506',
    cliProduct: 'sae',
    modelLists: [],
    cliUnknown: [],
    inForm(operation, parameter) {
      const row = jobParameters.find(({ name }) => name === parameter);
      return (operation === 'CreateJob' ? row?.create : row?.update) === 'form';
    },
  },
  forms: [
    form('CreateJob', 'create', { en: 'Create an SAE job', zh: '创建 SAE 任务' }, createSchema),
    form('UpdateJob', 'update', { en: 'Change an SAE job', zh: '修改 SAE 任务' }, updateSchema),
    form('ExecJob', 'execute', { en: 'Run an SAE job', zh: '运行 SAE 任务' }, executeSchema),
  ],
  document: shownDocument,
  filled,
  idsOf,
};

function form(
  operation: string,
  kind: OperationForm['kind'],
  summary: OperationForm['summary'],
  schema: () => FormSchema,
): OperationForm {
  return {
    dialect: 'sae',
    operation,
    kind,
    sends: kind === 'create' ? 'whole' : 'changes',
    action: `sae:${operation}`,
    summary,
    sections,
    schema,
  };
}

function createSchema(): FormSchema {
  const rows = jobParameters.filter(({ create }) => create !== null);
  return {
    type: 'object',
    properties: Object.fromEntries(rows.map((row) => [row.name, jobField(row, true)])),
    required: rows.filter(({ required }) => required).map(({ name }) => name),
  };
}

function updateSchema(): FormSchema {
  const rows = jobParameters.filter(({ update }) => update !== null);
  return {
    type: 'object',
    properties: Object.fromEntries(rows.map((row) => [row.name, jobField(row, false)])),
    required: ['AppId'],
  };
}

function executeSchema(): FormSchema {
  const properties = execJob.parameters.map(({ name, note }) => {
    const row = jobParameters.find((one) => one.name === name);
    const shape: JobParameter = row ?? {
      name,
      type: { kind: 'text' },
      create: null,
      update: null,
      required: false,
      clearable: false,
      effect: 'acts',
      note,
    };
    return [name, jobField({ ...shape, note }, false)] as const;
  });
  return { type: 'object', properties: Object.fromEntries(properties), required: ['AppId'] };
}

function jobField(row: JobParameter, isNew: boolean): FormField {
  const { name, effect, note, type } = row;
  const [section, en, zh, noteZh] = saeLabels[name] ?? ['cloud', name, name, ''];
  const shape = shapeOf(name, type);
  return field(
    shape.type ?? 'string',
    { en, zh },
    { en: forPeople(note), zh: noteZh },
    {
      ...shape,
      'x-section': section,
      ...(name in examples ? { examples: [examples[name] ?? ''] } : {}),
      ...(isNew && name in firstValues ? { default: firstValues[name] } : {}),
      ...(effect === 'stored' ? { 'x-stored': true } : {}),
      ...(name === 'AppId' ? { 'x-fixed': true } : {}),
    },
  );
}

/** Notes name sections of the contract, which people who fill in forms do not have. */
function forPeople(note: string): string {
  return note.replaceAll(/,? ?(?:of )?sae\.md §[\d.]+(?: or)?/g, '').replace(/^[;,\s]+/, '');
}

function shapeOf(name: string, type: ParameterKind): Partial<FormField> {
  if (secretDocumentMembers.includes(name)) return { type: 'string', 'x-widget': 'secret' };
  if (name === 'Envs') return { type: 'string', 'x-widget': 'variables' };
  if (name === 'PackageType') return { type: 'string', enum: packageTypes };
  if (codes.has(name)) return { type: 'string', 'x-widget': 'code' };
  switch (type.kind) {
    case 'text':
      return {
        type: 'string',
        ...(type.maxChars === undefined ? {} : { maxLength: type.maxChars }),
        ...(type.pattern === undefined ? {} : { pattern: type.pattern.source }),
      };
    case 'choice':
      return { type: 'string', enum: type.values };
    case 'integer':
      return {
        type: 'integer',
        ...(type.min === undefined ? {} : { minimum: type.min }),
        ...(type.max === undefined ? {} : { maximum: type.max }),
      };
    case 'boolean':
      return { type: 'boolean' };
    case 'json':
      return { type: 'string', 'x-widget': 'json' };
    case 'timezone':
      return { type: 'string' };
  }
}

/** What was sent, without secrets; what is kept of a webhook is a secret, too. */
function shownDocument({ document }: Template): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(document).flatMap(([name, value]) => {
      if (name === webhookTokenMember) return [];
      return [[name, secretDocumentMembers.includes(name) ? secretMask : value]];
    }),
  );
}

function filled(operation: string, template: Template): FormValues | null {
  if (template.dialect !== 'sae') return null;
  if (operation === 'ExecJob') return { AppId: template.id };
  const given = storedParameters(template.document);
  const values = jobParameters.flatMap(({ name, type, create, update }) => {
    const isAsked = operation === 'CreateJob' ? create !== null : update !== null;
    const text = given[name];
    if (text === undefined || !isAsked) return [];
    if (secretDocumentMembers.includes(name)) {
      // A copy has no stored secret that the mask could stand for.
      return operation === 'CreateJob' ? [] : [[name, secretMask] as const];
    }
    return [[name, typed(type, text)] as const];
  });
  return {
    ...Object.fromEntries(values),
    ...(operation === 'UpdateJob' ? { AppId: template.id } : {}),
  };
}

function typed({ kind }: ParameterKind, text: string): unknown {
  if (kind === 'integer') return Number(text);
  return kind === 'boolean' ? text.toLowerCase() === 'true' : text;
}

function idsOf(operation: string, { data }: Reply, values: FormValues) {
  const { AppId: made, Data: run } = (data ?? {}) as Readonly<Record<string, unknown>>;
  const meant = typeof made === 'string' ? made : values['AppId'];
  return {
    templateId: typeof meant === 'string' ? meant : null,
    runId: operation === 'ExecJob' && typeof run === 'string' ? run : null,
  };
}
