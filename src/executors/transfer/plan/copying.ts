import type { Chunk } from '../../../ports/connector.ts';
import type { TransferWork } from '../../../ports/transfers.ts';

/** What copying a file came to. */
export interface CopyCounts {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly filesWritten: number;
  readonly filesSkipped: number;
}

/**
 * Files copied as they are from one store to another, in groups. What `connectors/files` gives;
 * executors know it by this shape alone.
 */
export interface Copying {
  plan(cut: { readonly shards: number; readonly fine: boolean }): Promise<{
    readonly files: number;
    readonly bytes: number;
    readonly chunks: readonly Chunk[];
  }>;
  prepare(): Promise<void>;
  copy(request: {
    readonly chunk: Chunk;
    readonly position: string | null;
    /** The file behind `position` may have been copied by a try that was cut short. */
    readonly repeats: boolean;
    onFile(position: string, counts: CopyCounts): void | Promise<void>;
    onBytes?(read: number, written: number): void | Promise<void>;
    readonly signal: AbortSignal;
  }): Promise<void>;
  finish(): Promise<void>;
  succeeded(chunks: readonly Chunk[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens both ends of a copy. @throws TransferError. */
export type OpenCopying = (work: TransferWork, signal: AbortSignal) => Promise<Copying>;
