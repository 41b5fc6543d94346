import type { Params } from '../aliyun/operation.ts';
import { findGroup, type Grant } from './groups.ts';
import type { SchedulerxServices } from './services.ts';

/** What the owner of an application does alone, or who was granted it with the option to pass it on. */
const ownerOnly: ReadonlySet<string> = new Set(['GrantPermission', 'RevokePermission']);
/** Never granted. */
const neverGranted: ReadonlySet<string> = new Set(['CreateAppGroup', 'DeleteAppGroup']);

/**
 * Whether GrantPermission lets a user do this to the application that the parameters name
 * (schedulerx.md §6 #33). Policies come first; this is asked when none of them mentions the call.
 */
export async function isGranted(
  services: SchedulerxServices,
  user: string,
  operation: string,
  params: Params,
): Promise<boolean> {
  const namespace = params.get('Namespace');
  const groupId = params.get('GroupId');
  if (namespace === undefined || groupId === undefined || neverGranted.has(operation)) return false;
  const group = await findGroup(services, namespace, groupId);
  return (
    group?.grants.some(
      (grant) => isFor(grant, user) && (grant.grantOption || !ownerOnly.has(operation)),
    ) ?? false
  );
}

/** Users have names here and numbers there, so a grant may name one by either. */
function isFor({ userId, userName }: Grant, user: string): boolean {
  return userId === user || userName === user;
}
