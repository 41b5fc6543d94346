import { Type } from 'typebox';
import { DomainError } from '../../domain/errors.ts';
import type { DialectName } from '../../domain/template.ts';
import type { ItemRules } from '../kit/insight.ts';
import { offsetPaging, searchText } from './offset-cursor.ts';
import type { NativeServices } from './operation.ts';
import { defaultPageSize } from './views/common.ts';
import { namespaceId } from './views/config-maps.ts';

/** Query of lists of items, which go by name. */
export const itemQuery = Type.Object({
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 253,
      pattern: '^[^\\u0000]*$',
      description: '`nextCursor` of the page before.',
    }),
  ),
  limit: offsetPaging.limit,
  search: searchText,
  namespace: Type.Optional(namespaceId),
});

/** The page of items that is asked for. */
export function itemPageOf(query: {
  readonly cursor?: string;
  readonly limit?: number;
  readonly search?: string;
}) {
  const { cursor = null, limit = defaultPageSize, search = '' } = query;
  return { after: cursor, limit, ...(search === '' ? {} : { text: search }) };
}

/**
 * The dialect that owns ConfigMaps and Secrets, with its rules.
 * @throws DomainError `unavailable` when there is none.
 */
export function itemsOf({ insights }: Pick<NativeServices, 'insights'>): {
  readonly dialect: DialectName;
  readonly rules: ItemRules;
} {
  for (const { dialect, items } of insights) {
    if (items !== undefined) return { dialect, rules: items };
  }
  throw new DomainError('unavailable', 'no API of this server has ConfigMaps and Secrets');
}
