import { Type, type Static } from 'typebox';
import { closed, textOrNull, timeMsOrNull } from './common.ts';

/** What the console knows of who is signed in. */
export const SessionView = Type.Object(
  {
    user: Type.String(),
    root: Type.Boolean(),
    keyId: { ...textOrNull, description: 'The access key that signed in; null for a password.' },
    expiresAtMs: { ...timeMsOrNull, description: 'When the session ends at the latest.' },
    region: Type.String(),
    accountId: Type.String(),
    version: Type.String(),
    rights: Type.Record(Type.String(), Type.Boolean(), {
      description: 'By operation: whether a policy could allow it on some resource.',
    }),
  },
  { title: 'Session' },
);
export type SessionView = Static<typeof SessionView>;

/** A sign-in with a user's password. */
export const PasswordSignIn = Type.Object(
  {
    user: Type.String({ minLength: 1, maxLength: 64 }),
    password: Type.String({ minLength: 1, maxLength: 128, writeOnly: true }),
  },
  closed,
);
export type PasswordSignIn = Static<typeof PasswordSignIn>;

/** A sign-in with an access key; temporary ones bring their security token. */
export const KeySignIn = Type.Object(
  {
    accessKeyId: Type.String({ minLength: 1, maxLength: 128 }),
    accessKeySecret: Type.String({ minLength: 1, maxLength: 128, writeOnly: true }),
    securityToken: Type.Optional(Type.String({ minLength: 1, maxLength: 256, writeOnly: true })),
  },
  closed,
);
export type KeySignIn = Static<typeof KeySignIn>;

/** How a user signs in. */
export type SessionInput = PasswordSignIn | KeySignIn;
