import { Type, type Static } from 'typebox';
import type { ReferringTemplate, Secret } from '../../../domain/catalog.ts';
import { closed, textOrNull, timeMs } from './common.ts';
import { itemName, namespaceId, pairs, ReferrerView, referrersOf } from './config-maps.ts';

const members = {
  id: Type.Integer(),
  dialect: Type.String(),
  namespace: Type.String(),
  name: Type.String(),
  type: Type.String(),
  createdAtMs: timeMs,
  updatedAtMs: timeMs,
  usedBy: Type.Array(ReferrerView),
};

/** A Secret as lists show it: nothing of what it holds. */
export const SecretRow = Type.Object(members, { title: 'SecretRow' });
export type SecretRow = Static<typeof SecretRow>;

/** A Secret with the names of its values. */
export const SecretView = Type.Object(
  {
    ...members,
    keys: Type.Union([Type.Array(Type.String()), Type.Null()], {
      description: 'Names of its values; null when this server’s master key does not open it.',
    }),
  },
  { title: 'Secret' },
);
export type SecretView = Static<typeof SecretView>;

export const SecretPage = Type.Object(
  {
    rows: Type.Array(SecretRow),
    nextCursor: textOrNull,
    types: Type.Array(Type.String(), { description: 'Types that a Secret can have.' }),
  },
  { title: 'SecretPage' },
);
export type SecretPage = Static<typeof SecretPage>;

const values = { ...pairs, writeOnly: true, description: 'In clear; no answer ever has them.' };

export const NewSecretInput = Type.Object(
  {
    namespace: Type.Optional(namespaceId),
    name: itemName,
    type: Type.String({ minLength: 1, maxLength: 100 }),
    data: values,
  },
  { ...closed, title: 'NewSecretInput' },
);
export type NewSecretInput = Static<typeof NewSecretInput>;

export const SecretInput = Type.Object(
  {
    set: Type.Optional(values),
    remove: Type.Optional(
      Type.Array(Type.String({ maxLength: 1_000 }), {
        maxItems: 10_000,
        description: 'Names of values that go. All others stay as they are.',
      }),
    ),
  },
  { ...closed, title: 'SecretInput' },
);
export type SecretInput = Static<typeof SecretInput>;

export function secretRow(secret: Secret, referring: readonly ReferringTemplate[]): SecretRow {
  const { id, dialect, namespace, name, type, createdAtMs, updatedAtMs } = secret;
  return {
    id,
    dialect,
    namespace,
    name,
    type,
    createdAtMs,
    updatedAtMs,
    usedBy: referrersOf(id, referring),
  };
}
