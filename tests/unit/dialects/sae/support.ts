import assert from 'node:assert/strict';
import { WireError } from '../../../../src/dialects/aliyun/errors.ts';
import type { Call, Params } from '../../../../src/dialects/aliyun/operation.ts';
import { defaultSaeSettings } from '../../../../src/dialects/sae/index.ts';
import type { SaeSettings } from '../../../../src/dialects/sae/index.ts';
import type { ParameterBag } from '../../../../src/dialects/sae/parameters/parameter.ts';
import { toRevision } from '../../../../src/dialects/sae/translate/revision.ts';
import {
  mergedParameters,
  sentParameters,
  storedParameters,
} from '../../../../src/dialects/sae/validation/bag.ts';
import { webhookPart } from '../../../../src/dialects/sae/translate/webhook.ts';
import { noCatalogFacts } from '../../../../src/dialects/sae/validation/references.ts';
import type {
  CatalogFacts,
  ReferencedTemplate,
} from '../../../../src/dialects/sae/validation/references.ts';
import { validateJob } from '../../../../src/dialects/sae/validation/validate-job.ts';
import type { ValidJob } from '../../../../src/dialects/sae/validation/validate-job.ts';
import type { ConfigMap, Secret } from '../../../../src/domain/catalog.ts';
import type { Template, TemplateRevision } from '../../../../src/domain/template.ts';

export const region = 'cn-hangzhou';
export const settings: SaeSettings = { ...defaultSaeSettings, namespaces: ['cn-hangzhou:team'] };

/** The smallest complete CreateJob. */
export const smallest: ParameterBag = {
  AppName: 'demo',
  Workload: 'job',
  PackageType: 'Image',
  ImageUrl: 'longshore/host',
  Replicas: '1',
};

export const fatJar: ParameterBag = {
  AppName: 'demo',
  Workload: 'job',
  PackageType: 'FatJar',
  PackageUrl: 'http://files.example/demo-1.jar',
  PackageVersion: '1.0.1',
  Jdk: 'Open JDK 8',
  Replicas: '1',
};

export function paramsOf(values: Readonly<Record<string, string>>): Params {
  const map = new Map(Object.entries(values));
  return { get: (name) => map.get(name), has: (name) => map.has(name), size: map.size };
}

export function callOf(values: Readonly<Record<string, string>>): Call {
  return {
    params: paramsOf(values),
    caller: { user: 'ann', keyId: 'testKey', sourceIp: '127.0.0.1' },
    requestId: '67DD9A98-9CCC-5BE8-8C9E-B45E72F40A1B',
    host: '127.0.0.1',
  };
}

interface Choices {
  readonly settings?: SaeSettings;
  readonly reference?: ReferencedTemplate | null;
  readonly catalog?: CatalogFacts;
}

const times = { createdAtMs: 1_700_000_000_000, updatedAtMs: 1_700_000_000_000 };

/** A ConfigMap of the default namespace. */
export function configMapOf(
  id: number,
  data: Readonly<Record<string, string>>,
  namespace = region,
): ConfigMap {
  return { id, dialect: 'sae', namespace, name: `map-${id}`, description: '', data, ...times };
}

/** A Secret of the default namespace that images can be pulled with. */
export function secretOf(id: number, more: Partial<Secret> = {}): Secret {
  const type = 'kubernetes.io/dockerconfigjson';
  return { id, dialect: 'sae', namespace: region, name: `secret-${id}`, type, ...times, ...more };
}

/** What the catalog holds of what a definition refers to. */
export function factsOf(
  configMaps: readonly ConfigMap[],
  pullSecret: Secret | null = null,
): CatalogFacts {
  return { configMaps: new Map(configMaps.map((item) => [item.id, item])), pullSecret };
}

/** The revision that the engine would store. */
export function revisionOf(job: ValidJob, chosen: SaeSettings = settings): TemplateRevision {
  const fresh = { sealed: 'sealed', hash: 'hash' };
  return toRevision(job, chosen, webhookPart(null, job.trigger, fresh));
}

/** What CreateJob makes of these parameters, laid over the smallest ones. */
export function created(
  values: Readonly<Record<string, string>>,
  base: ParameterBag = smallest,
  choices: Choices = {},
): ValidJob {
  const sent = sentParameters(paramsOf({ ...base, ...values }), 'create');
  return validateJob(mergedParameters({}, sent), {
    operation: 'create',
    region,
    settings: choices.settings ?? settings,
    previous: null,
    reference: choices.reference ?? null,
    catalog: choices.catalog ?? noCatalogFacts,
  });
}

/** What UpdateJob makes of these parameters on a stored definition. */
export function updated(
  stored: ParameterBag,
  values: Readonly<Record<string, string>>,
  choices: Choices = {},
): ValidJob {
  const sent = sentParameters(paramsOf(values), 'update');
  return validateJob(mergedParameters(storedParameters(stored), sent), {
    operation: 'update',
    region,
    settings: choices.settings ?? settings,
    previous: stored,
    reference: choices.reference ?? null,
    catalog: choices.catalog ?? noCatalogFacts,
  });
}

/** A stored template with this definition. */
export function templateOf(
  values: Readonly<Record<string, string>> = {},
  base: ParameterBag = smallest,
  choices: Choices = {},
): Template {
  const job = created(values, base, choices);
  return {
    ...revisionOf(job, choices.settings),
    id: '7171a6ca-d1cd-4928-8642-7d5cfe690000',
    dialect: 'sae',
    namespace: job.namespace,
    name: 'demo',
    revision: 1,
    suspended: false,
    ...times,
  };
}

/** The wire error that the work must end in. */
export function wireError(work: () => unknown): WireError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof WireError, String(error));
    return error;
  }
  return assert.fail('no error');
}

/** Asserts status, code and text at once. */
export function assertWire(
  work: () => unknown,
  status: number,
  code: string,
  message: string | RegExp,
): void {
  const error = wireError(work);
  assert.deepEqual([error.status, error.code], [status, code], error.message);
  if (typeof message === 'string') assert.equal(error.message, message);
  else assert.match(error.message, message);
}
