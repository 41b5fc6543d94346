import type { Column, TableName } from '../domain/transfer/columns.ts';
import type { TransferDefinition } from '../domain/transfer/definition.ts';
import type { LinkOptions } from '../domain/transfer/link.ts';
import type {
  QuarantineQuery,
  QuarantineSlice,
  TransferCourse,
  TransferFailure,
  TransferPlan,
  TransferReport,
} from '../domain/transfer/report.ts';

/** A data job that can be run as it stands: no macro left, every link it names in clear. */
export interface TransferWork {
  readonly definition: TransferDefinition;
  /** By name. */
  readonly links: Readonly<Record<string, LinkOptions>>;
}

/**
 * What the engine asks about moving data, besides running it. Everything here answers within the
 * time of a request or fails with a `TransferError`.
 */
export interface Transfers {
  /** Kinds of links that work here. */
  readonly kinds: ReadonlySet<LinkOptions['kind']>;
  /** Connects and lets go again. @throws TransferError why it is not possible. */
  test(options: LinkOptions, timeoutMs: number): Promise<void>;
  /** What a run would do, without doing any of it. @throws TransferError */
  plan(work: TransferWork, timeoutMs: number): Promise<TransferPlan>;
  /** Tables of a database link, at most `limit`, sorted. @throws TransferError */
  tables(options: LinkOptions, schema: string, limit: number): Promise<readonly TableName[]>;
  /** Columns of one of them; null = not there. @throws TransferError */
  columns(options: LinkOptions, table: TableName): Promise<readonly Column[] | null>;
  /** Where a run stands; null when nothing of it is kept on this machine. */
  report(runId: string): Promise<TransferReport | null>;
  /** How it came there; null when nothing of it is kept on this machine. */
  course(runId: string): Promise<TransferCourse | null>;
  /** Rows that a run kept out, by id. */
  quarantine(runId: string, query: QuarantineQuery): Promise<QuarantineSlice>;
  /**
   * The run is over and no worker of it is left that could say so (it was stopped between two
   * attempts): it fails as told, and what must not stay at its target is removed. Does nothing
   * for a run that has ended by itself or is not kept here. Never throws.
   */
  abandon?(runId: string, work: TransferWork, failure: TransferFailure): Promise<void>;
}
