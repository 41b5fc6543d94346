import { describeRuntime, type DetectedRuntime, familyNames } from './runtime.ts';
import type { ConfiguredRuntime } from './runtimes.ts';

/** What runs packages here, a line each: what the operator configured, then what was found. */
export function describeRuntimes(
  configured: readonly ConfiguredRuntime[],
  found: readonly DetectedRuntime[],
): readonly string[] {
  return [
    ...configured.map(
      ({ name, folder, image }) =>
        `${name}: ${folder ?? ''}${folder !== undefined && image !== undefined ? ', ' : ''}${image === undefined ? '' : `image ${image}`} (configured)`,
    ),
    ...found.map(
      (runtime) => `${familyNames[runtime.family]}: ${describeRuntime(runtime)} (found)`,
    ),
  ];
}
