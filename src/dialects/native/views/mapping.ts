import { Type, type Static } from 'typebox';
import { mappingWarnings, type SuggestedMapping } from '../data-jobs/mapping.ts';
import { closed } from './common.ts';
import { ColumnView, columnView, linkNamespace } from './link.ts';

const tableOfLink = Type.Object(
  {
    link: Type.String({ minLength: 1, maxLength: 512 }),
    schema: Type.Optional(Type.String({ maxLength: 1_024, default: '' })),
    table: Type.String({ minLength: 1, maxLength: 1_024 }),
  },
  closed,
);

/** Two tables whose columns are to be paired. */
export const MappingInput = Type.Object(
  { namespace: Type.Optional(linkNamespace), from: tableOfLink, to: tableOfLink },
  { ...closed, title: 'MappingInput' },
);

/** A mapping to begin with. */
export const MappingView = Type.Object(
  {
    targetExists: Type.Boolean(),
    pairs: Type.Array(
      Type.Object({
        source: ColumnView,
        target: Type.Union([ColumnView, Type.Null()]),
        reason: Type.Enum(['name', 'case', 'spelling', 'similar', 'none']),
        warnings: Type.Array(Type.Enum([...mappingWarnings])),
      }),
      { description: 'One for each source column, in their order.' },
    ),
    unfilled: Type.Array(ColumnView, { description: 'Target columns that nothing fills.' }),
  },
  { title: 'Mapping' },
);
export type MappingView = Static<typeof MappingView>;

export function mappingView(
  { pairs, unfilled }: SuggestedMapping,
  targetExists: boolean,
): MappingView {
  return {
    targetExists,
    pairs: pairs.map(({ source, target, reason, warnings }) => ({
      source: columnView(source),
      target: target === null ? null : columnView(target),
      reason,
      warnings: [...warnings],
    })),
    unfilled: unfilled.map(columnView),
  };
}
