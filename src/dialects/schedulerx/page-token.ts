/** Pages by token: the token is an offset in base64, to be handed back as it is (schedulerx.md §6 #16). */
import type { Params } from '../aliyun/operation.ts';
import { failures } from './errors.ts';
import { optionalInteger } from './parameters.ts';

const defaultMaxResults = 20;
const maxMaxResults = 100;

export interface TokenPage {
  readonly offset: number;
  readonly maxResults: number;
  /** Members of `Data` for a list of `total` entries. */
  paging(total: number): {
    readonly MaxResults: number;
    readonly NextToken: string;
    readonly Total: number;
  };
}

/** @throws WireError business failure for a token that is none of ours. */
export function tokenPageOf(params: Params): TokenPage {
  const asked = optionalInteger(params, 'MaxResults', { min: 1 }) ?? defaultMaxResults;
  const maxResults = Math.min(asked, maxMaxResults);
  const token = params.get('NextToken') ?? '';
  const text = Buffer.from(token, 'base64').toString('latin1');
  if (token !== '' && !/^o\d{1,9}$/.test(text)) throw failures.invalid('nextToken', token);
  const offset = token === '' ? 0 : Number(text.slice(1));
  return {
    offset,
    maxResults,
    paging: (total) => ({
      MaxResults: maxResults,
      NextToken:
        offset + maxResults < total
          ? Buffer.from(`o${offset + maxResults}`, 'latin1').toString('base64')
          : '',
      Total: total,
    }),
  };
}
