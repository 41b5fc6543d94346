import type { TObject, TSchema } from 'typebox';
import type { HuaweiFamily } from '../family.ts';
import type {
  HuaweiCall,
  HuaweiOperation,
  HuaweiOperationInfo,
  HuaweiReply,
  PathParams,
  Shape,
} from '../operation.ts';

/** One operation of IAM. */
export type IamOperation = HuaweiOperation<HuaweiFamily>;

/** An operation of IAM, its types those of path and schemas. */
export function defineOperation<
  const Path extends string,
  const Q extends TObject | undefined = undefined,
  const B extends TSchema | undefined = undefined,
>(
  operation: Omit<HuaweiOperationInfo, 'path' | 'query' | 'body'> & {
    readonly path: Path;
    readonly query?: Q;
    readonly body?: B;
    claimedUser?(
      call: HuaweiCall<PathParams<Path>, Shape<Q>, Shape<B>>,
      family: HuaweiFamily,
    ): Promise<string>;
    handle(
      call: HuaweiCall<PathParams<Path>, Shape<Q>, Shape<B>>,
      family: HuaweiFamily,
    ): Promise<HuaweiReply>;
  },
): IamOperation {
  // The pipeline has checked the parts before `handle` sees them.
  return operation as unknown as IamOperation;
}
