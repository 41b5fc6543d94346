import { Type, type Static } from 'typebox';
import type { AccessKey, Policy, User } from '../../../domain/access.ts';
import { closed, timeMs, timeMsOrNull } from './common.ts';

const maxTtlMs = 12 * 3_600_000;

/** Name of a user. */
export const userName = Type.String({ pattern: '^[A-Za-z0-9_.@-]{1,64}$' });

/** Name of a policy. */
export const policyName = Type.String({ pattern: '^[A-Za-z0-9_-]{1,128}$' });

const policyNames = Type.Array(policyName, { maxItems: 100, description: 'Names of policies.' });

/** An access key without its secret. */
export const KeyView = Type.Object(
  {
    id: Type.String(),
    user: Type.String(),
    enabled: Type.Boolean(),
    temporary: Type.Boolean(),
    createdAtMs: timeMs,
    expiresAtMs: timeMsOrNull,
  },
  { title: 'AccessKey' },
);
export type KeyView = Static<typeof KeyView>;

/** What is asked for a new key. */
export const KeyInput = Type.Object(
  {
    user: userName,
    root: Type.Optional(
      Type.Boolean({ description: 'Passes every check. Only a root may ask for it.' }),
    ),
    policies: Type.Optional(policyNames),
    ttlMs: Type.Optional(
      Type.Integer({ minimum: 60_000, maximum: maxTtlMs, description: 'Makes the key temporary.' }),
    ),
  },
  { ...closed, title: 'KeyInput' },
);
export type KeyInput = Static<typeof KeyInput>;

/** A new key: the only answer that carries its secret. */
export const NewKeyView = Type.Object(
  {
    key: KeyView,
    secret: Type.String({ description: 'Shown here and never again.' }),
    securityToken: Type.Union([Type.String(), Type.Null()]),
  },
  { title: 'NewAccessKey' },
);
export type NewKeyView = Static<typeof NewKeyView>;

/** A password, on its way in only. */
export const PasswordInput = Type.Object(
  {
    password: Type.String({
      minLength: 8,
      maxLength: 128,
      writeOnly: true,
      description: 'Kept as a salted hash; no answer ever has it.',
    }),
  },
  { ...closed, title: 'PasswordInput' },
);

/** A user with its policies. */
export const UserView = Type.Object(
  {
    name: Type.String(),
    root: Type.Boolean(),
    policies: Type.Array(Type.String()),
    createdAtMs: timeMs,
  },
  { title: 'User' },
);
export type UserView = Static<typeof UserView>;

export const UserInput = Type.Object(
  { root: Type.Optional(Type.Boolean()), policies: policyNames },
  { ...closed, title: 'UserInput' },
);

/** A named policy document. */
export const PolicyView = Type.Object(
  { name: Type.String(), builtIn: Type.Boolean(), document: Type.Unknown() },
  { title: 'Policy' },
);
export type PolicyView = Static<typeof PolicyView>;

/** The document itself is checked by the engine, which names the part that is wrong. */
export const PolicyInput = Type.Object(
  { document: Type.Record(Type.String(), Type.Unknown()) },
  { ...closed, title: 'PolicyInput' },
);

export const KeyList = Type.Object({ rows: Type.Array(KeyView) }, { title: 'AccessKeyList' });
export const UserList = Type.Object({ rows: Type.Array(UserView) }, { title: 'UserList' });
export const PolicyList = Type.Object({ rows: Type.Array(PolicyView) }, { title: 'PolicyList' });

export function keyView(key: AccessKey): KeyView {
  return {
    id: key.id,
    user: key.user,
    enabled: key.enabled,
    temporary: key.securityToken !== null,
    createdAtMs: key.createdAtMs,
    expiresAtMs: key.expiresAtMs,
  };
}

export function userView({ name, root, policies, createdAtMs }: User): UserView {
  return { name, root, policies: [...policies], createdAtMs };
}

export function policyView({ name, builtIn, document }: Policy): PolicyView {
  return { name, builtIn, document };
}

/** One statement that matches what was asked. */
export const MatchView = Type.Object(
  {
    policy: Type.String(),
    statement: Type.Integer({ description: '0-based, within the policy.' }),
    effect: Type.Enum(['Allow', 'Deny']),
  },
  { title: 'PolicyMatch' },
);

/** Whether a user may do something, and by which statements. */
export const AccessCheckView = Type.Object(
  {
    user: Type.String(),
    action: Type.String(),
    resource: Type.String(),
    allowed: Type.Boolean(),
    why: Type.Enum(['root', 'allowed', 'denied', 'not-allowed'], {
      description: '`denied`: a statement says Deny; `not-allowed`: none says Allow.',
    }),
    matches: Type.Array(MatchView),
    missingPolicies: Type.Array(Type.String(), {
      description: 'Attached and not there: then nothing is allowed.',
    }),
  },
  { title: 'AccessCheck' },
);
export type AccessCheckView = Static<typeof AccessCheckView>;

/** Whether a policy document could be kept, and what is wrong where. */
export const PolicyCheckView = Type.Object(
  {
    valid: Type.Boolean(),
    where: Type.Union([Type.String(), Type.Null()], {
      description: 'The part that is wrong, e.g. `Statement[0].Effect`.',
    }),
    message: Type.String(),
  },
  { title: 'PolicyCheck' },
);
export type PolicyCheckView = Static<typeof PolicyCheckView>;
