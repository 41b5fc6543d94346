import type { Zone } from '../../schedule/zone.ts';
import type { Value } from './values.ts';

/** What expressions are given from outside; one for all expressions of a shard. */
export interface ExpressionServices {
  /** Of dates that name no offset. */
  readonly zone: Zone;
  /** Since the epoch. */
  readonly nowMs: () => number;
  readonly randomUuid: () => string;
  /** What `CommonUtils.setCache` keeps; begins empty. */
  readonly cache: Map<string, Value>;
}

/** A function that expressions may call. */
export interface ExpressionFunction {
  /** Fewest and most arguments. */
  readonly arity: readonly [least: number, most: number];
  /** @throws ExpressionError for arguments it cannot take; `at`: where the call stands. */
  call(args: readonly Value[], services: ExpressionServices, at: number): Value;
}

/** Functions by their names within a group such as `StringUtils`. */
export type FunctionGroup = Readonly<Record<string, ExpressionFunction>>;
