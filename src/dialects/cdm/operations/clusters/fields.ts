import { Type } from 'typebox';

/** Longest text of a member that is kept. */
const textLimit = 256;

/** A text that may be left out. */
export const optionalText = Type.Optional(Type.String({ maxLength: textLimit }));

/** Addresses that are joined by commas: at most twenty, says the manual. */
export const optionalAddresses = Type.Optional(Type.String({ maxLength: 2_000 }));

/** A switch: examples of the manual write it as a text too. */
export const optionalFlag = Type.Optional(
  Type.Union([Type.Boolean(), Type.Enum(['true', 'false'])]),
);

/** Reads a switch; undefined when it was left out. */
export function readFlag(value: boolean | 'true' | 'false' | undefined): boolean | undefined {
  return value === undefined ? undefined : value === true || value === 'true';
}

/** Name of a cluster, which a user can read. */
export const clusterName = Type.String({ minLength: 1, maxLength: 64 });

/** Only the members that were said. */
export function stated<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
