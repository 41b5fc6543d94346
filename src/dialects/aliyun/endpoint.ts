import { DomainError } from '../../domain/errors.ts';
import { standardEnvelope } from './envelope.ts';
import { gatewayErrors, WireError } from './errors.ts';
import type { Call, Envelope, Operation, Params, Product, Reply, Resources } from './operation.ts';

/** An operation bound to its product: all the pipeline needs, without the product's own types. */
export interface Endpoint {
  /** The product's name, e.g. `sae`. */
  readonly product: string;
  readonly name: string;
  readonly version: string;
  /** RAM action, e.g. `sae:ExecJob`. */
  readonly ramAction: string;
  readonly envelope: Envelope;
  /** Whether it changes nothing: the audit log has no lines for what it answers. */
  readonly reads: boolean;
  /** See `Operation.starts`. */
  readonly starts: boolean;
  /** Names of its parameters. */
  readonly parameterNames: readonly string[];
  /** Those whose value says which thing is meant. */
  readonly identifying: readonly string[];
  /** See `Product.rpcOnly`. */
  readonly rpcOnly: boolean;
  /** See `Product.grants`; null = policies alone decide. */
  readonly grants: ((user: string, params: Params) => Promise<boolean>) | null;
  /** RAM resource of a call; null = the operation has no resource level. */
  readonly resource: ((params: Params) => Resources | Promise<Resources>) | null;
  handle(call: Call): Promise<Reply>;
  toWireError(error: DomainError): WireError;
}

/** Names of parameters that hold ids. */
const idNames: ReadonlySet<string> = new Set([
  'AppId',
  'JobId',
  'WorkflowId',
  'JobInstanceId',
  'WfInstanceId',
  'InstanceId',
  'ConfigMapId',
  'SecretId',
  'NamespaceId',
  'ChangeOrderId',
  'StrategyId',
]);

function isIdentifying(name: string): boolean {
  return idNames.has(name);
}

/** Binds one operation to its product's services, errors and envelope. */
export function bindOperation<S>(product: Product<S>, operation: Operation<S>): Endpoint {
  const { services } = product;
  return {
    product: product.name,
    name: operation.name,
    version: product.version,
    ramAction: `${product.ramCode}:${operation.ramAction ?? operation.name}`,
    envelope: product.envelope ?? standardEnvelope,
    reads: /^(?:Describe|List|Get|Read)/.test(operation.name),
    starts: operation.starts === true,
    parameterNames: operation.parameters.map(({ name }) => name),
    identifying: operation.parameters.map(({ name }) => name).filter(isIdentifying),
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

/** Anything thrown as the client reads it; what is no refusal is told as an internal error. */
export function wireErrorOf(error: unknown, endpoint: Endpoint | undefined): WireError {
  if (error instanceof WireError) return error;
  if (error instanceof DomainError && endpoint !== undefined) return endpoint.toWireError(error);
  return gatewayErrors.internalError();
}
