/** Numbers taken from the store at once: each taking is a transaction. */
const BLOCK = 1_000;

/**
 * Hands out the numbers of a durable sequence one by one, taking a block at a time. What is left
 * of a block when the process ends is never used.
 * @param take `DocumentStore.takeNumbers` of one sequence: gives the first of `count` numbers.
 * @returns a function that throws what `take` throws, and takes anew at the next call.
 */
export function numbersInBlocks(
  take: (count: number) => Promise<number>,
  block = BLOCK,
): () => Promise<number> {
  let next = 0;
  let end = 0;
  let taking: Promise<void> | null = null;
  const refill = async (): Promise<void> => {
    try {
      next = await take(block);
      end = next + block;
    } finally {
      taking = null;
    }
  };
  return async () => {
    for (;;) {
      if (next < end) return next++;
      await (taking ??= refill());
    }
  };
}
