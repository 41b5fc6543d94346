import type { TObject, TSchema } from 'typebox';
import type {
  HuaweiCall,
  HuaweiOperation,
  HuaweiOperationInfo,
  HuaweiReply,
  PathParams,
  Project,
  Shape,
} from '../huawei/operation.ts';
import type { CdmServices } from './services.ts';

/** One operation; its file lies in the folder of its object. */
export type CdmOperation = HuaweiOperation<CdmServices>;

/** One call; its project is the one that the path names and the caller belongs to. */
export interface CdmCall<P = unknown, Q = unknown, B = unknown> extends HuaweiCall<P, Q, B> {
  readonly project: Project;
}

/**
 * An operation of this product, its types those of path and schemas. Policies are asked about
 * `resource`; by default what {@link resourceName} makes of the path.
 */
export function defineOperation<
  const Path extends string,
  const Q extends TObject | undefined = undefined,
  const B extends TSchema | undefined = undefined,
>(
  operation: Omit<HuaweiOperationInfo, 'path' | 'query' | 'body' | 'action' | 'alsoActions'> & {
    readonly path: Path;
    readonly action: `cdm:${string}:${string}`;
    readonly alsoActions?: readonly `cdm:${string}:${string}`[];
    readonly query?: Q;
    readonly body?: B;
    resource?(
      call: CdmCall<PathParams<Path>, Shape<Q>, Shape<B>>,
      services: CdmServices,
    ): string | readonly [string, ...string[]];
    handle(
      call: CdmCall<PathParams<Path>, Shape<Q>, Shape<B>>,
      services: CdmServices,
    ): Promise<HuaweiReply>;
  },
): CdmOperation {
  // The pipeline has checked path, parts and project before these are called.
  return {
    resource: ({ params }: HuaweiCall) => resourceName(params as Readonly<Record<string, string>>),
    ...operation,
  } as unknown as CdmOperation;
}

/**
 * What policies call the things of a path, e.g. `cdm:cluster/<id>/job/<name>`. Without a cluster
 * it is `*`.
 */
export function resourceName(params: Readonly<Record<string, string>>): string {
  const { cluster_id: cluster, job_name: job, link_name: link } = params;
  if (cluster === undefined) return '*';
  const part = job !== undefined ? `/job/${job}` : link !== undefined ? `/link/${link}` : '';
  return `cdm:cluster/${cluster}${part}`;
}

/** A successful answer, 200 unless the contract says otherwise. */
export function answer(body: unknown, status: 200 | 202 = 200): HuaweiReply {
  return { status, body };
}
