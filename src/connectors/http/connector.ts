import type { Connector, ConnectorContext } from '../../ports/connector.ts';
import { fileConnector } from '../files/connector.ts';
import { badDefinition } from '../files/errors.ts';
import { openHttpStore } from './http-store.ts';
import type { AddressRule } from './request.ts';

/** Files of the web, by their addresses (cdm.md §4.4, http); a source only. */
export function httpConnector(
  context: ConnectorContext,
  addresses: AddressRule,
): Connector<'http'> {
  return {
    ...fileConnector<'http'>('http', context, {
      // The link says nothing that could be tried.
      test: () => Promise.resolve(),
      open: (_options, _bucket, signal) => Promise.resolve(openHttpStore(addresses, signal)),
    }),
    target: () =>
      Promise.reject(
        badDefinition('files of the web can only be read; choose another link for the target'),
      ),
  };
}
