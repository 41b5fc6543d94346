import type { DirtyRowPolicy } from '../../../domain/transfer/definition.ts';
import { TransferError, type TransferErrorCode } from '../../../domain/transfer/errors.ts';
import type { RejectedRow } from '../../../ports/connector.ts';
import { percentFromRows, quarantineRows } from '../limits.ts';
import type { ClaimedChunk } from '../state/chunks.ts';
import { tableCounts } from '../state/report.ts';
import type { RunState } from '../state/state.ts';

/** Keeps dirty rows and judges whether there are too many (cdm.md §5.10). */
export class DirtyRows {
  readonly #policy: DirtyRowPolicy;
  readonly #state: RunState;
  /** By shard, those that are not kept yet included. */
  readonly #counts = new Map<number, number>();
  #unkept: RejectedRow[] = [];

  constructor(policy: DirtyRowPolicy, state: RunState) {
    this.#policy = policy;
    this.#state = state;
  }

  /** @throws TransferError `dirty-limit`, or `untolerated` where none is tolerated. */
  add(
    chunk: ClaimedChunk,
    rows: readonly RejectedRow[],
    untolerated: TransferErrorCode = 'write-failed',
  ): void {
    const last = rows.at(-1);
    if (last === undefined) return;
    const { shard } = chunk;
    const before = this.#counts.get(shard) ?? this.#state.quarantine.ofShard(shard);
    const count = before + rows.length;
    this.#counts.set(shard, count);
    this.#unkept.push(...rows);
    const { tolerate, maxPerShard } = this.#policy;
    const tooMany = !tolerate || count > maxPerShard;
    if (tooMany || this.#unkept.length >= quarantineRows) this.keep(chunk);
    if (!tooMany) return;
    this.#state.quarantine.keep(chunk);
    const [first = last] = rows;
    if (!tolerate) throw new TransferError(untolerated, `${first.where}: ${first.reason}`);
    throw new TransferError(
      'dirty-limit',
      `shard ${shard} has ${count} dirty rows, at most ${maxPerShard} are allowed; the last one: ${last.where}: ${last.reason}`,
    );
  }

  /** Keeps what was added, all of the one chunk. */
  keep(chunk: ClaimedChunk): void {
    const rows = this.#unkept;
    this.#unkept = [];
    if (rows.length > 0) this.#state.quarantine.add(chunk, rows);
  }

  /**
   * Judges the share of dirty rows among all rows of the run; `last`: however few they are.
   * @throws TransferError `dirty-limit`.
   */
  judgeShare(last: boolean): void {
    const { maxPercent } = this.#policy;
    if (maxPercent === null) return;
    let read = 0;
    let rejected = 0;
    for (const counts of tableCounts(this.#state.database).values()) {
      read += counts.rowsRead;
      rejected += counts.rowsRejected;
    }
    if (read === 0 || (!last && read < percentFromRows)) return;
    const percent = (rejected * 100) / read;
    if (percent <= maxPercent) return;
    throw new TransferError(
      'dirty-limit',
      `${rejected} of ${read} rows are dirty (${percent.toFixed(2)} %), at most ${maxPercent} % are allowed`,
    );
  }
}
