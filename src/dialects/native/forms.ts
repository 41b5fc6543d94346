/** Forms of native templates: CreateTemplate, UpdateTemplate and SubmitRun. */
import type { Template } from '../../domain/template.ts';
import {
  field,
  type FormField,
  type FormSchema,
  type FormValues,
  type JobForms,
  type OperationForm,
  type Words,
} from '../kit/operations.ts';
import { nativeRequests } from './form-requests.ts';
import type { NativeOperation, NativeServices } from './operation.ts';
import { performer } from './perform.ts';

const sections = [
  { key: 'identity', title: { en: 'Identity', zh: '标识' } },
  { key: 'task', title: { en: 'What runs', zh: '执行内容' } },
  { key: 'when', title: { en: 'When it runs', zh: '何时运行' } },
  { key: 'limits', title: { en: 'Limits and retries', zh: '限制与重试' } },
];

const summaries: Readonly<Record<OperationForm['kind'], Words>> = {
  create: { en: 'Create a command', zh: '创建命令任务' },
  update: { en: 'Change a command', zh: '修改命令任务' },
  execute: { en: 'Run it', zh: '运行' },
};

const kinds = { CreateTemplate: 'create', UpdateTemplate: 'update', SubmitRun: 'execute' } as const;
type FormName = keyof typeof kinds;
const names = Object.keys(kinds) as FormName[];

/** @param services asked when a form is carried out. */
export function createNativeForms(
  operations: readonly NativeOperation[],
  services: () => NativeServices,
): JobForms {
  const operationOf = (name: string): NativeOperation => {
    const found = operations.find((one) => one.name === name);
    if (found === undefined) throw new Error(`native has no form for ${name}`);
    return found;
  };
  return {
    dialect: 'native',
    forms: names.map((name) => formOf(name, kinds[name])),
    document: ({ document }) => document,
    initial: async () => ({}),
    filled: async (operation, template) => filled(operation, template),
    requests: (operation, values, server) => {
      const { method, path } = operationOf(operation);
      const { template, ...body } = values;
      const target = path.replace('{template}', encodeURIComponent(String(template ?? '')));
      return nativeRequests(
        operation,
        { method, target, body, template: String(template ?? '') },
        server,
      );
    },
    async invoke(operation, values, caller) {
      const { template, ...body } = values;
      const reply = await performer(operationOf(operation), services())(caller, {
        params: operation === 'CreateTemplate' ? {} : { template: String(template ?? '') },
        query: {},
        body,
        lastEventId: null,
      });
      const answer = reply.kind === 'json' ? reply.body : null;
      return { body: answer, ...idsOf(operation, answer, template) };
    },
  };
}

function formOf(operation: FormName, kind: OperationForm['kind']): OperationForm {
  return {
    dialect: 'native',
    operation,
    kind,
    sends: kind === 'execute' ? 'changes' : 'whole',
    action: `longshore:${operation}`,
    summary: summaries[kind],
    sections,
    schema: () => schemaOf(kind),
  };
}

function schemaOf(kind: OperationForm['kind']): FormSchema {
  const template = field('string', { en: 'Template', zh: '模板' }, null, {
    'x-section': 'identity',
    'x-fixed': true,
  });
  const { command, env, replicas } = shared;
  if (kind === 'execute') {
    const properties = { template, command, env, replicas, ...runOnly };
    return { type: 'object', properties, required: ['template'] };
  }
  const properties = { ...identity(kind === 'create'), ...shared, ...definitionOnly };
  return kind === 'create'
    ? { type: 'object', properties, required: ['name', 'command'] }
    : {
        type: 'object',
        properties: { template, ...properties },
        required: ['template', 'command'],
      };
}

function identity(isNew: boolean): Readonly<Record<string, FormField>> {
  const fixed = isNew ? {} : ({ 'x-fixed': true } as const);
  return {
    name: field(
      'string',
      { en: 'Name', zh: '名称' },
      {
        en: 'letters, digits, dots, dashes and underscores; stays as it is',
        zh: '字母、数字、点、连字符和下划线；之后不可更改',
      },
      { 'x-section': 'identity', maxLength: 128, ...fixed },
    ),
    namespace: field(
      'string',
      { en: 'Namespace', zh: '命名空间' },
      { en: 'default: the region', zh: '默认为地域' },
      { 'x-section': 'identity', maxLength: 128, ...fixed },
    ),
  };
}

const shared = {
  command: field(
    'array',
    { en: 'Command', zh: '命令' },
    {
      en: 'program and arguments, one in each line; no shell is involved',
      zh: '程序及其参数，每行一个；不经过 shell',
    },
    { 'x-section': 'task', 'x-widget': 'lines', items: { type: 'string' } },
  ),
  env: field(
    'object',
    { en: 'Variables', zh: '环境变量' },
    { en: 'variables of the job', zh: '任务的环境变量' },
    { 'x-section': 'task', 'x-widget': 'pairs', additionalProperties: { type: 'string' } },
  ),
  replicas: field(
    'integer',
    { en: 'Instances', zh: '实例数' },
    { en: 'started in parallel; all must succeed; default 1', zh: '并行启动，须全部成功；默认 1' },
    { 'x-section': 'task', minimum: 1, maximum: 10_000 },
  ),
} as const;

const definitionOnly: Readonly<Record<string, FormField>> = {
  collect: field(
    'array',
    { en: 'Collected logs', zh: '日志采集' },
    {
      en: 'JSON: [{file, project, logstore}]; {} is standard output into a log store of its own',
      zh: 'JSON：[{file, project, logstore}]；{} 表示采集标准输出到专属日志库',
    },
    { 'x-section': 'task', 'x-widget': 'json' },
  ),
  schedule: field(
    'string',
    { en: 'Schedule', zh: '调度' },
    {
      en: 'cron with five fields, or JSON with timing, zone, dst, misfire and calendars',
      zh: '五段 cron 表达式，或含 timing、zone、dst、misfire、calendars 的 JSON',
    },
    { 'x-section': 'when', 'x-widget': 'schedule' },
  ),
  timezone: field(
    'string',
    { en: 'Time zone', zh: '时区' },
    { en: 'IANA name given as TZ; default UTC', zh: 'IANA 名称，以 TZ 传给任务；默认 UTC' },
    { 'x-section': 'when', maxLength: 64 },
  ),
  concurrency: field(
    'string',
    { en: 'When one is running', zh: '并发策略' },
    { en: 'default allow', zh: '默认 allow' },
    { 'x-section': 'limits', enum: ['allow', 'forbid', 'replace'] },
  ),
  retries: field(
    'integer',
    { en: 'Retries', zh: '重试次数' },
    { en: 'failed attempts that a run survives; default 0', zh: '一次运行容许的失败次数；默认 0' },
    { 'x-section': 'limits', minimum: 0, maximum: 1_000 },
  ),
  timeoutMs: field(
    'integer',
    { en: 'Timeout (ms)', zh: '超时（毫秒）' },
    { en: 'from the start, retries included; default none', zh: '自开始计，含重试；默认不限' },
    { 'x-section': 'limits', minimum: 1, maximum: 31_536_000_000 },
  ),
  graceMs: field(
    'integer',
    { en: 'Time to end (ms)', zh: '优雅停止时间（毫秒）' },
    { en: 'from SIGTERM to SIGKILL; default 30000', zh: '从 SIGTERM 到 SIGKILL；默认 30000' },
    { 'x-section': 'limits', minimum: 0, maximum: 3_600_000 },
  ),
};

const runOnly: Readonly<Record<string, FormField>> = {
  idempotencyKey: field(
    'string',
    { en: 'Idempotency key', zh: '幂等键' },
    { en: 'one run per key, however often it is sent', zh: '同一键无论发送多少次只运行一次' },
    { 'x-section': 'when', maxLength: 256 },
  ),
  notBeforeMs: field(
    'integer',
    { en: 'Not before (ms)', zh: '最早开始时间（毫秒）' },
    { en: 'milliseconds since 1970; default now', zh: '1970 年起的毫秒数；默认立即' },
    { 'x-section': 'when', minimum: 0 },
  ),
};

/** Commands only: data jobs are changed as such. */
function filled(operation: string, template: Template): FormValues | null {
  if (template.dialect !== 'native' || template.spec.task.artifact.kind !== 'image') return null;
  if (operation === 'SubmitRun') return { template: template.id };
  const { name, namespace, spec, document, schedule } = template;
  const definition = {
    name,
    namespace,
    command: spec.task.argv,
    env: spec.task.env,
    replicas: spec.replicas,
    concurrency: spec.concurrency,
    retries: spec.retry.limit,
    timeoutMs: spec.timeoutMs,
    graceMs: spec.graceMs,
    timezone: spec.timezone,
    ...(document['collect'] === undefined ? {} : { collect: document['collect'] }),
    ...(schedule === null ? {} : { schedule: document['schedule'] ?? schedule }),
  };
  return operation === 'CreateTemplate' ? definition : { template: template.id, ...definition };
}

function idsOf(operation: string, answer: unknown, template: unknown) {
  const made = (answer ?? {}) as { readonly id?: string; readonly run?: { readonly id: string } };
  const meant = operation === 'SubmitRun' ? template : made.id;
  return {
    templateId: typeof meant === 'string' ? meant : null,
    runId: made.run?.id ?? null,
  };
}
