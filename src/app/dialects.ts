import type { FastifyInstance } from 'fastify';
import { createAliyunFamily } from '../dialects/aliyun/family.ts';
import { openNonceMemory } from '../dialects/aliyun/nonces.ts';
import { answerNotFound, mountProduct, mountRpc } from '../dialects/aliyun/pipeline.ts';
import {
  createCdmForms,
  createCdmInsight,
  createCdmProduct,
  createDisposalSweep,
  defaultTransferSettings,
  SubmissionIds,
} from '../dialects/cdm/index.ts';
import { createHuaweiFamily } from '../dialects/huawei/family.ts';
import { createIamProduct } from '../dialects/huawei/iam/index.ts';
import { mountProduct as mountHuaweiProduct } from '../dialects/huawei/pipeline.ts';
import type { Dialect } from '../dialects/kit/dialect.ts';
import type { Insight } from '../dialects/kit/insight.ts';
import type { JobForms } from '../dialects/kit/operations.ts';
import { createNativeDialect } from '../dialects/native/index.ts';
import type { NativeServices } from '../dialects/native/operation.ts';
import {
  createSaeForms,
  createSaeInsight,
  createSaeProduct,
  eventRunId,
  mountWebhooks,
} from '../dialects/sae/index.ts';
import {
  createSchedulerxForms,
  createSchedulerxInsight,
  createSchedulerxProduct,
  createWorkflowRules,
  InstanceIds,
  scheduleKey,
} from '../dialects/schedulerx/index.ts';
import type { DialectName } from '../domain/template.ts';
import type { WorkflowRules } from '../engine/workflow-rules.ts';
import type { FrozenConfig } from './config/schema.ts';

/** What the server hands to all dialects; what they know of each other is added here. */
export type ServerServices = Omit<NativeServices, 'insights' | 'forms'>;

/** A dialect, with what it tells of itself; the native one tells nothing. */
export type MountedDialect = Dialect & Partial<Pick<Family, 'insights'>>;

/** A family of dialects, with what the native one shows of them. */
interface Family extends Dialect {
  readonly insights: readonly Insight[];
  readonly forms: readonly JobForms[];
}

/** The Aliyun family with its products, as one dialect: they share `/` and the replay memory. */
function aliyunDialect(
  services: ServerServices,
  config: FrozenConfig,
  nonceFolder: string,
  instanceIds: InstanceIds,
): Family {
  const nonces = openNonceMemory({
    directory: nonceFolder,
    nowMs: services.nowMs(),
    log: services.log,
  });
  const family = createAliyunFamily({ context: services, nonces });
  const { replicasPerTemplate, replicasPerAccount } = config.limits;
  const sae = createSaeProduct(services, {
    ...config.sae,
    replicasPerTemplate,
    replicasPerAccount,
    runtimes: config.packages.runtimes.map(({ name, folder, image }) => ({
      name,
      // A runtime of this machine is taken first.
      inContainer: image !== undefined && folder === undefined,
    })),
    logCollection: config.logStores.enabled,
    baseUrl: () => services.baseUrl(),
  });
  const schedulerx = createSchedulerxProduct(services, config.schedulerx, instanceIds);
  return {
    name: 'aliyun',
    insights: [createSaeInsight(sae.services), createSchedulerxInsight(schedulerx.services)],
    forms: [createSaeForms(sae, family), createSchedulerxForms(schedulerx, family)],
    async mount(scope) {
      await mountProduct(scope, sae, family);
      await mountProduct(scope, schedulerx, family);
      await mountRpc(scope, family);
      await mountWebhooks(scope, sae.services);
      // What is nobody's path is answered as the cloud does: its clients read no other shape.
      scope.setNotFoundHandler(answerNotFound(family));
    },
    async close() {
      nonces.close();
    },
  };
}

/** The Huawei family with its products, as one dialect: they share users, projects and tokens. */
function huaweiDialect(
  services: ServerServices,
  config: FrozenConfig,
  submissionIds: SubmissionIds,
): Family {
  const family = createHuaweiFamily(services, config.cdm);
  const { environment, timezone, version, testLinks, strictInputs, csvQuoteStyle, proof } =
    config.cdm;
  const transfers = {
    environment,
    timezone: timezone ?? defaultTransferSettings.timezone,
    version,
    testLinks,
    strict: strictInputs,
    csvQuoteStyle,
    proof,
  };
  const cdm = createCdmProduct(services, { ...config.cdm, transfers }, submissionIds);
  const disposal = createDisposalSweep(cdm.services);
  return {
    name: 'huawei',
    insights: [createCdmInsight(cdm.services, () => family.projects.list())],
    forms: [createCdmForms(cdm, family)],
    async mount(scope) {
      // Schedules may fire as soon as the engine starts.
      await submissionIds.open(services.engine.documents);
      disposal.start();
      await mountHuaweiProduct(scope, createIamProduct(family), family);
      await mountHuaweiProduct(scope, cdm, family);
      await cdm.services.clusters.resume(await family.projects.list());
    },
    async close() {
      await disposal.close();
      cdm.services.clusters.close();
    },
  };
}

/** What dialects decide about the runs that the engine starts by itself. */
export interface RunRules {
  readonly instanceIds: InstanceIds;
  readonly submissionIds: SubmissionIds;
  /** Id of a run that a schedule starts, in the shape that the template's dialect shows. */
  scheduledRunId(dialect: DialectName, uuid: string): string;
  /** Idempotency key of such a run; null = none. */
  runKey(dialect: DialectName, nominalMs: number): string | null;
  /** Null = none of its own. */
  workflowRules(dialect: DialectName): WorkflowRules | null;
}

/** One for a server: ids are told apart by a counter in it. */
export function createRunRules(config: FrozenConfig, nowMs: () => number): RunRules {
  const ofSchedulerx = createWorkflowRules(config.schedulerx, nowMs);
  const instanceIds = new InstanceIds(Math.random());
  const submissionIds = new SubmissionIds();
  return {
    instanceIds,
    submissionIds,
    scheduledRunId(dialect, uuid) {
      if (dialect === 'schedulerx') return instanceIds.next(nowMs());
      if (dialect === 'cdm') return submissionIds.next();
      return dialect === 'sae' ? eventRunId(uuid) : `schedule-${uuid}`;
    },
    runKey: (dialect, nominalMs) => (dialect === 'schedulerx' ? scheduleKey(nominalMs) : null),
    workflowRules: (dialect) => (dialect === 'schedulerx' ? ofSchedulerx : null),
  };
}

/** The registry of dialects: a new one is a line here. Mounts all of them. */
export async function mountDialects(
  host: FastifyInstance,
  services: ServerServices,
  config: FrozenConfig,
  nonceFolder: string,
  { instanceIds, submissionIds }: Pick<RunRules, 'instanceIds' | 'submissionIds'>,
): Promise<readonly MountedDialect[]> {
  const families = [
    aliyunDialect(services, config, nonceFolder, instanceIds),
    huaweiDialect(services, config, submissionIds),
  ];
  const insights = families.flatMap((family) => family.insights);
  const forms = families.flatMap((family) => family.forms);
  const dialects: readonly MountedDialect[] = [
    createNativeDialect({ ...services, insights, forms }),
    ...families,
  ];
  for (const dialect of dialects) {
    await dialect.mount(host);
  }
  return dialects;
}
