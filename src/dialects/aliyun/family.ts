import type { Engine } from '../../engine/index.ts';
import type { DialectContext } from '../kit/dialect.ts';
import { createExchangeIds } from './envelope.ts';
import type { NonceMemory } from './nonces.ts';
import type { ExchangeIds } from './operation.ts';
import { RpcTable } from './rpc-table.ts';

/** What the family needs of the composition root; of the engine only who may do what, and did. */
export interface AliyunContext extends Omit<DialectContext, 'engine' | 'seal' | 'unseal'> {
  readonly engine: Pick<Engine, 'access' | 'audit'>;
}

/** What the products of the family share: one replay memory, one `/`, one source of ids. */
export interface AliyunFamily {
  readonly context: AliyunContext;
  readonly nonces: NonceMemory;
  /** Operations of all mounted products by (Version, Action). */
  readonly rpc: RpcTable;
  nextIds(): ExchangeIds;
}

export interface AliyunFamilyOptions {
  readonly context: AliyunContext;
  readonly nonces: NonceMemory;
  /** IPv4 address that trace ids carry; default `127.0.0.1`. */
  readonly hostIpv4?: string;
}

/** Creates what `mountProduct`, `mountRpc` and `answerNotFound` need. */
export function createAliyunFamily(options: AliyunFamilyOptions): AliyunFamily {
  const { context, nonces } = options;
  return {
    context,
    nonces,
    rpc: new RpcTable(),
    nextIds: createExchangeIds(
      () => context.uuid(),
      () => context.nowMs(),
      options.hostIpv4 ?? '127.0.0.1',
    ),
  };
}
