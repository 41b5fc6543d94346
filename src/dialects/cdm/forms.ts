/** Forms of createJob, updateJob and startJob. */
import type { Template } from '../../domain/template.ts';
import type { HuaweiFamily } from '../huawei/family.ts';
import { callByForm } from '../huawei/form-calls.ts';
import type { Product } from '../huawei/operation.ts';
import type { FormValues, JobForms, OperationForm } from '../kit/operations.ts';
import { shownSecret } from '../kit/same-request.ts';
import { configValues, driverFields, endVariants, fieldsOf } from './form-inputs.ts';
import { huaweiRequests, type ShownCall } from './form-requests.ts';
import { projectWith } from './form-places.ts';
import { schemaOf } from './form-schema.ts';
import { findIndexed } from './job-index.ts';
import { type Job, jobOf } from './job-document.ts';
import type { CdmOperation } from './operation.ts';
import { createJob } from './operations/jobs/create-job.ts';
import { startJob } from './operations/jobs/start-job.ts';
import { updateJob } from './operations/jobs/update-job.ts';
import { renderStored } from './render/values.ts';
import type { CdmServices } from './services.ts';
import { isSecret } from './values/secrets.ts';

const operations: readonly (readonly [OperationForm['kind'], CdmOperation])[] = [
  ['create', createJob],
  ['update', updateJob],
  ['execute', startJob],
];

const summaries: Readonly<Record<OperationForm['kind'], OperationForm['summary']>> = {
  create: { en: 'Create a CDM job', zh: '创建 CDM 作业' },
  update: { en: 'Change a CDM job', zh: '修改 CDM 作业' },
  execute: { en: 'Start a CDM job', zh: '启动 CDM 作业' },
};

const sections = [
  { key: 'job', title: { en: 'Job', zh: '作业' } },
  { key: 'from', title: { en: 'Source', zh: '源端' } },
  { key: 'to', title: { en: 'Destination', zh: '目的端' } },
  { key: 'driver', title: { en: 'How it runs', zh: '运行方式' } },
];

const forms: readonly OperationForm[] = operations.map(([kind, operation]) => ({
  dialect: 'cdm',
  operation: operation.name,
  kind,
  sends: 'whole',
  action: operation.action ?? '',
  summary: summaries[kind],
  sections,
  schema: () => schemaOf(kind),
}));

/** The forms of a product that the family serves. */
export function createCdmForms(product: Product<CdmServices>, family: HuaweiFamily): JobForms {
  const { services } = product;
  const defaultProject = () => family.projects.findByName(family.context.region);
  return {
    dialect: 'cdm',
    forms,
    document: shownDocument,
    async initial() {
      const project = await defaultProject();
      if (project === null) return {};
      const [cluster] = await services.clusters.list(project);
      return {
        project_id: project.id,
        ...(cluster === undefined ? {} : { cluster_id: cluster.id }),
      };
    },
    async filled(operation, template) {
      const job = template.dialect === 'cdm' ? jobOf(template) : null;
      if (job === null) return null;
      const project = await projectWith(services, family, template.namespace);
      const place = {
        ...(project === null ? {} : { project_id: project.id }),
        cluster_id: template.namespace,
      };
      if (operation === createJob.name) return { ...place, ...jobValues(job, false) };
      const named = { ...place, job_name: job.document.name };
      return operation === startJob.name ? named : { ...named, ...jobValues(job, true) };
    },
    requests(operation, values, server) {
      const call = callOf(operation, withoutSecrets(values) as FormValues);
      return huaweiRequests(call, withoutSecrets(values) as FormValues, server);
    },
    async invoke(operation, values, caller) {
      const call = callOf(operation, values);
      const projectId =
        call.projectId === '' ? ((await defaultProject())?.id ?? '') : call.projectId;
      const { body } = await callByForm(product, family, { ...call, projectId }, caller);
      const name = operation === startJob.name ? values['job_name'] : values['name'];
      const job = await findIndexed(
        services.context.engine,
        text(values, 'cluster_id'),
        String(name),
      );
      return { body, templateId: job?.template.id ?? null, runId: startedRun(operation, body) };
    },
  };
}

/** @param keeps whether placeholders stand for stored secrets; a copy has none. */
function jobValues({ document }: Job, keeps: boolean): FormValues {
  const ends = (['from', 'to'] as const).map((end) => {
    const connector = end === 'from' ? document.fromConnector : document.toConnector;
    const given = fieldsOf(document[end], endVariants(end)[connector] ?? {}, `${end}JobConfig.`);
    const shown = Object.entries(given).filter(([name]) => keeps || !isSecret(name));
    return [end, Object.fromEntries(shown)] as const;
  });
  return {
    name: document.name,
    job_type: document.jobType,
    'from-link-name': document.fromLink,
    'from-connector-name': document.fromConnector,
    'to-link-name': document.toLink,
    'to-connector-name': document.toConnector,
    ...Object.fromEntries(ends),
    driver: fieldsOf(document.driver, driverFields(), null),
  };
}

/** What goes over the wire for a filled form. */
function callOf(operation: string, values: FormValues): ShownCall {
  const found = operations.find(([, one]) => one.name === operation)?.[1];
  if (found === undefined) throw new Error(`cdm has no form for ${operation}`);
  const params = {
    cluster_id: text(values, 'cluster_id'),
    ...(operation === createJob.name ? {} : { job_name: text(values, 'job_name') }),
  };
  const { name, method, path } = found;
  const body = operation === startJob.name ? variablesOf(values) : { jobs: [wireJob(values)] };
  return { operation: name, method, path, params, body, projectId: text(values, 'project_id') };
}

function variablesOf({ variables }: FormValues): unknown {
  return typeof variables === 'object' && variables !== null && Object.keys(variables).length > 0
    ? { variables }
    : {};
}

function wireJob(values: FormValues): Readonly<Record<string, unknown>> {
  const plain = [
    'job_type',
    'name',
    'from-connector-name',
    'from-link-name',
    'to-connector-name',
    'to-link-name',
  ];
  return {
    ...Object.fromEntries(
      plain.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]])),
    ),
    'from-config-values': configValues(values['from'], 'fromJobConfig.'),
    'to-config-values': configValues(values['to'], 'toJobConfig.'),
    'driver-config-values': configValues(values['driver'], null),
  };
}

function text(values: FormValues, name: string): string {
  const value = values[name];
  return typeof value === 'string' ? value : '';
}

function withoutSecrets(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      isSecret(name) && member !== '' ? shownSecret : withoutSecrets(member),
    ]),
  );
}

function shownDocument({ document }: Template): Readonly<Record<string, unknown>> {
  if (document['kind'] !== 'job') return document;
  const groups = (['from', 'to', 'driver'] as const).map((group) => [
    group,
    renderStored(document[group], group),
  ]);
  return { ...document, ...Object.fromEntries(groups) };
}

function startedRun(operation: string, body: unknown): string | null {
  if (operation !== startJob.name) return null;
  const { submissions } = body as {
    readonly submissions?: readonly { readonly 'submission-id'?: number }[];
  };
  const id = submissions?.[0]?.['submission-id'];
  return id === undefined ? null : `cdm-${id}`;
}
