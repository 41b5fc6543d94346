/**
 * What is kept of a template's past, so that one that is updated by a script every minute does not
 * grow for ever. Both are enforced by the write that adds one.
 */
export const definitionBounds = {
  /** Newest revisions kept; an older one stays only while a run was made by it. */
  revisions: 100,
  /** Newest records of changes kept. */
  changes: 300,
} as const;
