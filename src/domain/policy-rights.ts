import { matchesWildcard } from './policy-conditions.ts';
import type { CompiledPolicy } from './policy-evaluation.ts';

/**
 * Whether the policies could allow the action on some resource whose name begins with the prefix,
 * at some time and from some address: what a console offers. Errs on the side of yes; only
 * `evaluatePolicies` decides.
 */
export function couldAllow(
  policies: readonly CompiledPolicy[],
  action: string,
  resourcePrefix: string,
): boolean {
  const wanted = action.toLowerCase();
  const statements = policies.flatMap((policy) => [...policy]);
  const named = statements.filter(
    ({ actions, exceptActions }) =>
      actions.some((pattern) => matchesWildcard(pattern, wanted)) !== exceptActions,
  );
  const isRefusedAlways = named.some(
    ({ effect, resources, conditions }) =>
      effect === 'Deny' &&
      conditions.length === 0 &&
      resources.some((pattern) => matchesAllBelow(pattern, resourcePrefix)),
  );
  if (isRefusedAlways) return false;
  return named.some(
    ({ effect, resources }) =>
      effect === 'Allow' && resources.some((pattern) => matchesSomeBelow(pattern, resourcePrefix)),
  );
}

function matchesAllBelow(pattern: string, prefix: string): boolean {
  return pattern.endsWith('*') && matchesWildcard(pattern, prefix);
}

function matchesSomeBelow(pattern: string, prefix: string): boolean {
  const wildcard = pattern.search(/[*?]/);
  if (wildcard === -1) return pattern.startsWith(prefix);
  const head = pattern.slice(0, wildcard);
  return head.startsWith(prefix) || prefix.startsWith(head);
}
