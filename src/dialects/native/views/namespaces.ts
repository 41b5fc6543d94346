import { Type, type Static } from 'typebox';
import { integerOrNull, textOrNull, timeMs } from './common.ts';

/** A place where templates live. */
export const NamespaceView = Type.Object(
  {
    dialect: Type.String(),
    kind: Type.Enum(['namespace', 'application', 'project', 'cluster']),
    id: Type.String(),
    name: Type.String(),
    description: Type.String(),
    parent: Type.Union([Type.String(), Type.Null()], {
      description: 'Id of the place it lies in.',
    }),
    templateNamespace: Type.Union([Type.String(), Type.Null()], {
      description: 'What ListTemplates calls it; null when templates lie in its children only.',
    }),
    templates: Type.Union([Type.Integer(), Type.Null()], {
      description: 'How many templates are in it; null when none can be.',
    }),
    configMaps: integerOrNull,
    secrets: integerOrNull,
    createdAtMs: Type.Union([timeMs, Type.Null()], {
      description: 'Null when it was there from the start, or nobody noted it.',
    }),
  },
  { title: 'Namespace' },
);
export type NamespaceView = Static<typeof NamespaceView>;

export const NamespacePage = Type.Object(
  { rows: Type.Array(NamespaceView), nextCursor: textOrNull },
  { title: 'NamespacePage' },
);
export type NamespacePage = Static<typeof NamespacePage>;
