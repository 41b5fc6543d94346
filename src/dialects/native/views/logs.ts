import { Type, type Static } from 'typebox';

const matchMembers = {
  offset: Type.Integer({ description: 'Byte at which the first match in the line begins.' }),
  lineOffset: Type.Integer({ description: 'Byte at which `line` begins.' }),
  line: Type.String({ description: 'The line, or 4 KiB of it.' }),
  cut: Type.Boolean({ description: 'Whether the line is longer.' }),
};

/** A line of an output that holds what was looked for. */
export const LogMatchView = Type.Object(matchMembers, { title: 'LogMatch' });
export type LogMatchView = Static<typeof LogMatchView>;

/** What a search of one output found. */
export const LogMatches = Type.Object(
  {
    rows: Type.Array(LogMatchView),
    next: Type.Union([Type.Integer(), Type.Null()], {
      description: '`from` of the next call in the same direction; null when all was searched.',
    }),
    size: Type.Integer({ description: 'Bytes written so far.' }),
  },
  { title: 'LogMatches' },
);
export type LogMatches = Static<typeof LogMatches>;

/** A line of one of a run's outputs. */
export const RunLogMatchView = Type.Object(
  { attempt: Type.String(), stream: Type.Enum(['stdout', 'stderr']), ...matchMembers },
  { title: 'RunLogMatch' },
);
export type RunLogMatchView = Static<typeof RunLogMatchView>;

/** What a search of a run's outputs found. */
export const RunLogMatches = Type.Object(
  {
    rows: Type.Array(RunLogMatchView),
    nextCursor: Type.Union([Type.String(), Type.Null()]),
  },
  { title: 'RunLogMatches' },
);
export type RunLogMatches = Static<typeof RunLogMatches>;
