import type { Endpoint } from './endpoint.ts';
import { gatewayErrors } from './errors.ts';
import type { Incoming } from './incoming.ts';
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
    const headerSigned = isHeaderSigned(incoming);
    const named = (header: string, parameter: string) =>
      headerSigned
        ? // V1 leaves a form unsigned, so only the query may stand in for the header.
          (incoming.header(header) ?? incoming.query.find(([name]) => name === parameter)?.[1])
        : incoming.params.get(parameter);
    const name = named('x-acs-action', 'Action');
    const actions = this.#versions.get(named('x-acs-version', 'Version') ?? '');
    if (name === undefined) throw gatewayErrors.apiNotFound();
    if (actions === undefined) throw gatewayErrors.invalidVersion();
    const endpoint = actions.get(name);
    if (endpoint === undefined) throw gatewayErrors.apiNotFound();
    return endpoint;
  }
}
