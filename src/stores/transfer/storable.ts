import { createHash } from 'node:crypto';
import type { Cell, Row } from './side.ts';

/**
 * A value as every database can keep it: PostgreSQL's text has neither NUL nor halves of surrogate
 * pairs. Both can only come from free text, such as what a program printed, and become U+FFFD.
 */
export function storable(cell: Cell): Cell {
  if (typeof cell !== 'string') return cell;
  const text = cell.includes('\0') ? cell.replaceAll('\0', '\ufffd') : cell;
  return text.isWellFormed() ? text : text.toWellFormed();
}

/** Checksum over rows in their order, the same for the same values in any database. */
export class RowsDigest {
  readonly #hash = createHash('sha256');
  #rows = 0;

  add(rows: readonly Row[]): void {
    for (const row of rows) {
      this.#hash.update(JSON.stringify(row.map(digestible)));
      this.#hash.update('\n');
    }
    this.#rows += rows.length;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Hexadecimal SHA-256; nothing can be added after it. */
  end(): string {
    return this.#hash.digest('hex');
  }
}

function digestible(cell: Cell): unknown {
  return cell instanceof Uint8Array
    ? { bytes: Buffer.from(cell).toString('base64') }
    : storable(cell);
}
