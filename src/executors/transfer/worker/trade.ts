/** What kind of things move: rows, or files as they are. */
export interface Trade {
  /** Plans the run and prepares the target, before anything moves. @throws TransferError. */
  planAndPrepare(signal: AbortSignal): Promise<void>;
  /** Moves until nothing is left that this worker could do. @throws ChunkFailure. */
  load(signal: AbortSignal): Promise<void>;
  /** Everything is there: makes it final. @throws TransferError. */
  finish(signal: AbortSignal): Promise<void>;
  /** Compares both sides, tells the source that all is well, and ends the run. @throws TransferError. */
  proveAndEnd(signal: AbortSignal): Promise<void>;
  /** The run failed: removes what must not stay at the target. */
  abandon(): Promise<void>;
  close(): Promise<void>;
}
