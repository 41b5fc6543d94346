/** Shards of one set: each grows alone, so no growth stalls the event loop for long. */
const shardCount = 256;

/** Slots of an empty shard. */
const initialCapacity = 16;

/** Part of the slots in use at which a shard grows, and by how much. */
const maxLoad = 0.75;
const growthFactor = 1.5;

/**
 * A set of 64-bit hashes given as two unsigned 32-bit words: open addressing in typed arrays,
 * 8 bytes a slot, about 13 bytes a member. Members cannot be removed; drop the whole set.
 */
export class HashSet64 {
  readonly #shards: Shard[] = Array.from({ length: shardCount }, () => new Shard());
  #size = 0;

  /** Number of members. */
  get size(): number {
    return this.#size;
  }

  has(high: number, low: number): boolean {
    return this.#shard(high).has(markUsed(high), low);
  }

  /** Returns false when it was a member already. */
  add(high: number, low: number): boolean {
    const added = this.#shard(high).add(markUsed(high), low);
    if (added) this.#size += 1;
    return added;
  }

  #shard(high: number): Shard {
    // The index is 0–255 by construction.
    return this.#shards[high >>> 24] as Shard;
  }
}

/** A slot is free while its high word is 0, so a hash never has that. */
function markUsed(high: number): number {
  return high === 0 ? 1 : high;
}

class Shard {
  #slots = new Uint32Array(initialCapacity * 2);
  #size = 0;

  has(high: number, low: number): boolean {
    return this.#slots[this.#find(high, low)] !== 0;
  }

  add(high: number, low: number): boolean {
    let at = this.#find(high, low);
    if (this.#slots[at] !== 0) return false;
    if ((this.#size + 1) * 2 > this.#slots.length * maxLoad) {
      this.#grow();
      at = this.#find(high, low);
    }
    this.#slots[at] = high;
    this.#slots[at + 1] = low;
    this.#size += 1;
    return true;
  }

  /** Index of the member, or of the free slot where it belongs. */
  #find(high: number, low: number): number {
    const slots = this.#slots;
    // Multiply-shift maps the low word onto any capacity, so growth need not double.
    let at = Math.floor((low / 2 ** 32) * (slots.length / 2)) * 2;
    while (slots[at] !== 0 && (slots[at] !== high || slots[at + 1] !== low)) {
      at += 2;
      if (at === slots.length) at = 0;
    }
    return at;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(Math.ceil((old.length / 2) * growthFactor) * 2);
    for (let at = 0; at < old.length; at += 2) {
      const high = old[at] ?? 0;
      if (high === 0) continue;
      const low = old[at + 1] ?? 0;
      const free = this.#find(high, low);
      this.#slots[free] = high;
      this.#slots[free + 1] = low;
    }
  }
}
