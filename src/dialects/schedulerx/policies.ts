/** Notification policies: documents `notification-policy`, by name (schedulerx.md §4.8, §5.12). */
import type { Document } from '../../engine/index.ts';
import type { Params } from '../aliyun/operation.ts';
import { businessError, failures } from './errors.ts';
import { required } from './parameters.ts';
import type { SchedulerxServices } from './services.ts';

export const policyKind = 'notification-policy';

/** A notification policy as it is kept. */
export interface NotificationPolicy {
  /** With `isUnifiedSetting`. */
  readonly channelTimeRange: string;
  readonly description: string;
  readonly creator: string;
  readonly updater: string;
}

/** The name of one that is to be made, changed or deleted. @throws WireError when it cannot be. */
export function policyName(params: Params): string {
  const name = required(params, 'PolicyName').trim();
  if (name === '') throw failures.cannotBeNull('policyName');
  if (name.length > 128 || name.includes('\0')) throw failures.invalid('policyName', name);
  return name;
}

/** There is none of this name. */
export function unknownPolicy(name: string): Error {
  return businessError(
    `Invalid parameter: Notification policy does not exist: ${name.slice(0, 200)}`,
  );
}

/**
 * An application refers only to a policy that is there: one that is misspelt would let alerts out
 * at any time. @throws WireError when `NotificationPolicyName` names none.
 */
export async function requireKnownPolicy(
  { context }: SchedulerxServices,
  params: Params,
): Promise<void> {
  const key = params.get('NotificationPolicyName') ?? '';
  if (key === '') return;
  // Longer names, and those with NUL, are none.
  const isName = key.length <= 128 && !key.includes('\0');
  const name = { dialect: 'schedulerx', kind: policyKind, key } as const;
  if (!isName || (await context.engine.documents.document(name)) === null) throw unknownPolicy(key);
}

/** Creates, changes or deletes one in one transaction. @param revise pure. */
export async function changePolicy(
  { context }: SchedulerxServices,
  name: string,
  revise: (current: NotificationPolicy | null) => NotificationPolicy | null,
): Promise<void> {
  await context.engine.documents.changeDocument(
    { dialect: 'schedulerx', kind: policyKind, key: name },
    context.nowMs(),
    (document) => {
      const next = revise(document === null ? null : policyOf(document));
      return next === null ? null : { parent: '', value: { ...next } };
    },
  );
}

export function policyOf({ value }: Document): NotificationPolicy {
  return value as unknown as NotificationPolicy;
}
