/** What the engine keeps of a job: its definition, when it runs, and how. */
import { sealCiphers } from '../../domain/transfer/ciphers.ts';
import type { JobSpec, TemplateRevision, TransferArtifact } from '../../domain/template.ts';
import type { WireJob } from './job-content.ts';
import type { JobDocument } from './job-document.ts';
import { requireJobLink } from './links.ts';
import { findFlavor, flavors, extractorLimit } from './clusters/flavors.ts';
import { findConnector } from './translate/connectors.ts';
import { cdmError, cdmErrorWith } from './errors.ts';
import type { LinkUse } from './rights.ts';
import type { Cluster, CdmServices } from './services.ts';
import { translateJob, type TranslatedJob } from './translate/job.ts';
import { environmentOf } from './translate/transfer-settings.ts';
import { sealValues } from './values/secrets.ts';

/** Worker processes of one run that may crash before the run fails. */
const crashBudget = 10;
/** Wait before what crashed is started again, and the longest one. */
const crashBackoff = { backoffMs: 1_000, backoffMaxMs: 60_000 } as const;
/** From the wish to stop to the end: a transaction is rolled back meanwhile. */
const graceMs = 20_000;

/** A job that can be made: everything about it was checked. */
export interface CheckedJob {
  readonly wire: WireJob;
  readonly connectors: { readonly from: string; readonly to: string };
  readonly translated: TranslatedJob;
  /** Every link it uses. */
  readonly links: readonly string[];
}

/**
 * @param use asked about every link of the job.
 * @throws WireError for whatever is wrong with the job (cdm.md §3.4, §4.2).
 */
export async function checkJob(
  services: CdmServices,
  cluster: Cluster,
  wire: WireJob,
  use: LinkUse,
): Promise<CheckedJob> {
  for (const connector of [wire.fromConnector, wire.toConnector]) {
    if (connector !== '' && findConnector(connector) === null)
      throw cdmError('Cdm.0102', connector);
  }
  for (const name of [wire.fromLink, wire.toLink]) use(name);
  const linkOf = (name: string, connector: string) =>
    requireJobLink(services, cluster.id, name, { name: wire.name, connector });
  const from = await linkOf(wire.fromLink, wire.fromConnector);
  const to = await linkOf(wire.toLink, wire.toConnector);
  const translated = translateJob(
    wire,
    { from, to },
    {
      settings: services.settings.transfers,
      nowMs: services.context.nowMs(),
    },
  );
  const others = otherLinks(translated);
  for (const name of others) {
    use(name);
    if ((await services.context.engine.links.get(cluster.id, name)) === null) {
      throw cdmErrorWith('Cdm.0101', { status: 400 }, name);
    }
  }
  return {
    wire,
    connectors: { from: from.connector, to: to.connector },
    translated,
    links: [...new Set([from.name, to.name, ...others])],
  };
}

/** Links besides those of both ends. */
function otherLinks({ definition: { from, dirtyRows } }: TranslatedJob): readonly string[] {
  const names = dirtyRows.copyTo === null ? [] : [dirtyRows.copyTo.link];
  return from.kind === 'files' && from.listFile !== null ? [...names, from.listFile.link] : names;
}

/** What is stored of it. `previous`: the document so far; null for a new job. */
export function jobRevision(
  services: CdmServices,
  cluster: Cluster,
  { wire, connectors, translated }: CheckedJob,
  own: { readonly id: number; readonly createdBy: string; readonly updatedBy: string },
): TemplateRevision {
  const seal = (text: string, purpose: string) => services.context.seal(text, purpose);
  const document: JobDocument = {
    kind: 'job',
    name: wire.name,
    ...own,
    jobType: wire.jobType,
    fromLink: wire.fromLink,
    toLink: wire.toLink,
    fromConnector: connectors.from,
    toConnector: connectors.to,
    from: sealValues(wire.from, seal),
    to: sealValues(wire.to, seal),
    driver: sealValues(wire.driver, seal),
    enabled: wire.enabled,
    useSql: translated.useSql,
    groupName: translated.groupName,
    disposal: translated.disposal,
  };
  return {
    spec: jobSpec(services, cluster, translated),
    document: { ...document },
    notActedOn: translated.withoutEffect,
    refersTo: null,
    schedule: wire.enabled ? translated.schedule : null,
  };
}

function jobSpec(services: CdmServices, cluster: Cluster, { definition }: TranslatedJob): JobSpec {
  const { transfers } = services.settings;
  const flavor = findFlavor(cluster.spec.flavorId) ?? flavors[2];
  const replicas = Math.min(
    definition.extractors * definition.concurrentTables,
    extractorLimit(flavor),
  );
  const artifact: TransferArtifact = {
    kind: 'transfer',
    linkNamespace: cluster.id,
    definition: sealCiphers(definition, (text, purpose) => services.context.seal(text, purpose)),
    variables: {},
    environment: environmentOf(transfers, { id: cluster.id, name: cluster.spec.name }),
    timezone: transfers.timezone,
    version: transfers.version,
  };
  return {
    task: { artifact, argv: [], env: {}, identityEnv: {}, postStart: null, preStop: null },
    replicas,
    shards: null,
    concurrency: 'forbid',
    maxUnfinished: 1,
    retry: { limit: crashBudget + definition.errorRetries * replicas, ...crashBackoff },
    timeoutMs: null,
    graceMs,
    timezone: 'UTC',
    resources: { cpuMillis: 1_000, memoryMib: 512 },
  };
}
