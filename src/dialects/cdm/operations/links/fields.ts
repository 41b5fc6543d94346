import { Type } from 'typebox';

/** Links of a request; what is in them is read by `checkLink`, which tells more about what is wrong. */
export const links = Type.Array(Type.Record(Type.String(), Type.Unknown()), {
  minItems: 1,
  maxItems: 100,
});
