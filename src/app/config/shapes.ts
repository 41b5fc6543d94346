import { Type } from 'typebox';

/** Objects refuse members they do not know: a typo must not be a silent default. */
export const closed = { additionalProperties: false };

export const mib = 1024 * 1024;

/** Largest bound. */
export const maxSafe = Number.MAX_SAFE_INTEGER;

/** A bound on age or size. */
export const bound = (value: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: maxSafe, default: value, description });

/** One that may be left out, because another holds as well; null = none. */
export const optionalBound = (value: number | null, minimum: number, description: string) =>
  Type.Union([Type.Integer({ minimum, maximum: maxSafe }), Type.Null()], {
    default: value,
    description,
  });
