import type { Reference } from '../../../domain/template.ts';
import type { ValidJob } from '../validation/validate-job.ts';

/**
 * What of the catalog a checked definition refers to. Items that another one overrules count too:
 * the next update checks them again.
 */
export function referencesOf(
  job: Pick<ValidJob, 'bag' | 'envs' | 'configMapMounts'>,
): readonly Reference[] {
  const ids = new Set([
    ...job.envs.flatMap((item) => (item.kind === 'config-map' ? [Number(item.configMapId)] : [])),
    ...job.configMapMounts.map(({ configMapId }) => Number(configMapId)),
  ]);
  const secretId = job.bag['ImagePullSecrets'];
  return [
    ...[...ids].map((id): Reference => ({ kind: 'config-map', id })),
    ...(secretId === undefined ? [] : [{ kind: 'secret', id: Number(secretId) } as const]),
  ];
}
