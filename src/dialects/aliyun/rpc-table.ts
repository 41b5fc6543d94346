import type { Endpoint } from './endpoint.ts';
import { standardEnvelope } from './envelope.ts';
import { gatewayErrors, missingParameter } from './errors.ts';
import type { Incoming } from './incoming.ts';
import type { Envelope } from './operation.ts';
import { isHeaderSigned } from './signatures/scheme.ts';

/** Operations reached through `/`, by version and action (sae.md §3.4); products share it. */
export class RpcTable {
  readonly #versions = new Map<string, Map<string, Endpoint>>();

  /** @throws Error when the pair is taken: two products must not answer one call. */
  add(endpoint: Endpoint): void {
    let actions = this.#versions.get(endpoint.version);
    if (actions === undefined) {
      actions = new Map();
      this.#versions.set(endpoint.version, actions);
    }
    if (actions.has(endpoint.name)) {
      throw new Error(`RPC action ${endpoint.name} of version ${endpoint.version} is taken`);
    }
    actions.set(endpoint.name, endpoint);
  }

  /**
   * Finds the operation that a request to `/` names. What is signed decides: headers when
   * `Authorization` signs them, else the parameters.
   * @throws WireError `InvalidVersion` or `InvalidApi.NotFound`.
   */
  route(incoming: Incoming): Endpoint {
    const { action: name, version } = namedOperation(incoming);
    const actions = this.#versions.get(version ?? '');
    if (name === undefined) {
      throw isRpcOnly(actions) ? missingParameter('Action') : gatewayErrors.apiNotFound();
    }
    if (actions === undefined) throw gatewayErrors.invalidVersion();
    const endpoint = actions.get(name);
    if (endpoint === undefined) throw gatewayErrors.apiNotFound();
    return endpoint;
  }

  /** How the product of the version that a request names answers, whether it has the action or not. */
  envelopeFor(incoming: Incoming): Envelope {
    const actions = this.#versions.get(namedOperation(incoming).version ?? '');
    const [endpoint] = actions?.values() ?? [];
    return endpoint?.envelope ?? standardEnvelope;
  }
}

/** The operation that a request to `/` names; what is signed decides. */
export function namedOperation(incoming: Incoming): {
  readonly action: string | undefined;
  readonly version: string | undefined;
} {
  const headerSigned = isHeaderSigned(incoming);
  const named = (header: string, parameter: string) =>
    headerSigned
      ? // V1 leaves a form unsigned, so only the query may stand in for the header.
        (incoming.header(header) ?? incoming.query.find(([name]) => name === parameter)?.[1])
      : incoming.params.get(parameter);
  return { action: named('x-acs-action', 'Action'), version: named('x-acs-version', 'Version') };
}

function isRpcOnly(actions: ReadonlyMap<string, Endpoint> | undefined): boolean {
  const [endpoint] = actions?.values() ?? [];
  return endpoint?.rpcOnly ?? false;
}
