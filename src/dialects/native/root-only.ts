import type { Engine } from '../../engine/index.ts';
import type { NativeCaller } from './operation.ts';
import { ProblemError } from './problem.ts';

/**
 * Policies can hand out any action, but never rootship: only a root makes a root or touches a
 * root's user and keys. Otherwise `longshore:CreateKey` alone would open everything.
 * @throws ProblemError `forbidden`.
 */
export async function requireRootFor(
  engine: Engine,
  caller: NativeCaller,
  userName: string,
  wantsRoot: boolean,
): Promise<void> {
  if (caller.user.root) {
    return;
  }
  const user = (await engine.access.users()).find(({ name }) => name === userName);
  if (wantsRoot || user?.root === true) {
    throw new ProblemError(
      'forbidden',
      `only a root may manage the root user ${userName}`,
      'Ask with a root key or the operator token.',
    );
  }
}
