import { Type } from 'typebox';
import { DomainError } from '../../domain/errors.ts';
import type { DialectName } from '../../domain/template.ts';
import type { ItemRules } from '../kit/insight.ts';
import { offsetPaging, searchText, withoutNul } from './offset-cursor.ts';
import type { NativeServices } from './operation.ts';
import { defaultPageSize } from './views/common.ts';
import { namespaceId } from './views/config-maps.ts';

/** Id of an item in a path: what is none is refused as unknown, after the policies were asked. */
export const itemId = Type.String({ minLength: 1, maxLength: 20, description: 'A number.' });

/** The number of an item; 0, which none has, for what is no id. */
export function numberOf(id: string): number {
  return /^\d{1,15}$/.test(id) ? Number(id) : 0;
}

/** Query of lists of items, which go by name. */
export const itemQuery = Type.Object({
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 253,
      ...withoutNul,
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
