import type { DomainError } from '../../domain/errors.ts';
import { standardEnvelope } from './envelope.ts';
import type { WireError } from './errors.ts';
import type { Call, Envelope, Operation, Params, Product, Reply, Resources } from './operation.ts';

/** An operation bound to its product: all the pipeline needs, without the product's own types. */
export interface Endpoint {
  readonly name: string;
  readonly version: string;
  /** RAM action, e.g. `sae:ExecJob`. */
  readonly ramAction: string;
  readonly envelope: Envelope;
  /** See `Product.rpcOnly`. */
  readonly rpcOnly: boolean;
  /** See `Product.grants`; null = policies alone decide. */
  readonly grants: ((user: string, params: Params) => Promise<boolean>) | null;
  /** RAM resource of a call; null = the operation has no resource level. */
  readonly resource: ((params: Params) => Resources | Promise<Resources>) | null;
  handle(call: Call): Promise<Reply>;
  toWireError(error: DomainError): WireError;
}

/** Binds one operation to its product's services, errors and envelope. */
export function bindOperation<S>(product: Product<S>, operation: Operation<S>): Endpoint {
  const { services } = product;
  return {
    name: operation.name,
    version: product.version,
    ramAction: `${product.ramCode}:${operation.ramAction ?? operation.name}`,
    envelope: product.envelope ?? standardEnvelope,
    rpcOnly: product.rpcOnly === true,
    grants:
      product.grants === undefined
        ? null
        : async (user, params) =>
            (await product.grants?.(user, operation.name, params, services)) ?? false,
    resource:
      operation.resource === undefined
        ? null
        : (params) => operation.resource?.(params, services) ?? '*',
    handle: (call) => operation.handle(call, services),
    toWireError: (error) => product.errors[error.code](error.details, error.message),
  };
}
