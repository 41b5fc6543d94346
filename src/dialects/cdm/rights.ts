/** What policies are asked about things that a path does not name: those in a body, and links of jobs. */
import type { Caller } from '../huawei/operation.ts';
import { cdmError } from './errors.ts';
import { resourceName } from './operation.ts';
import type { CdmServices } from './services.ts';

type Raw = Readonly<Record<string, unknown>>;
type Resources = readonly [string, ...string[]];

/**
 * Resources of a call whose body names jobs or links: that of the path, where it names one, and
 * those of the body. A call that names nothing asks about the cluster.
 */
export function bodyResources(
  params: Readonly<Record<string, string>>,
  kind: 'job_name' | 'link_name',
  things: readonly Raw[],
): Resources {
  const names = things.map(({ name }) => name).filter((name) => typeof name === 'string');
  const { [kind]: own, ...cluster } = params;
  const all = new Set(own === undefined ? names : [own, ...names]);
  const [first, ...others] = [...all].map((name) => resourceName({ ...cluster, [kind]: name }));
  return first === undefined ? [resourceName(cluster)] : [first, ...others];
}

/** @throws WireError Cdm.0032 for a link that the caller may not use. */
export type LinkUse = (link: string) => void;

/**
 * Whoever makes a job reads and writes by its links: so each one asks the policies for
 * `cdm:link:use` on it, as the native API does.
 */
export function linkUseOf(services: CdmServices, clusterId: string, caller: Caller): LinkUse {
  const action = 'cdm:link:use';
  const { engine } = services.context;
  const context = {
    'acs:SourceIp': caller.sourceIp,
    'acs:CurrentTime': new Date(services.context.nowMs()).toISOString(),
    'acs:MFAPresent': 'false',
  };
  return (link) => {
    if (caller.user.root) return;
    const resource = resourceName({ cluster_id: clusterId, link_name: link });
    if (!engine.access.authorize(caller.user, { action, resource, context }).allowed) {
      throw cdmError('Cdm.0032', `${action} on link ${link}`);
    }
  };
}
