const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * The id of something that has no record of its own, made from the UUID of what it belongs to:
 * the pipeline of a change order, the one group of a template. The digits are read backwards, so
 * applying it twice gives the first id back and nothing has to be stored.
 * @returns null for text that is no lower-case UUID.
 */
export function derivedId(uuid: string): string | null {
  if (!uuidPattern.test(uuid)) return null;
  const digits = [...uuid.replaceAll('-', '')].toReversed().join('');
  return [0, 8, 12, 16, 20]
    .map((start, part, starts) => digits.slice(start, starts[part + 1]))
    .join('-');
}
