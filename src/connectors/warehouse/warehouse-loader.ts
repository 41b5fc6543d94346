import { randomBytes } from 'node:crypto';
import { decodeRow, rowOffsets } from '../../lib/rows/text.ts';
import {
  type RowBatch,
  type RowLoader,
  RowsRefused,
  type WriteCounts,
} from '../../ports/connector.ts';
import type { FileAppender } from '../../ports/file-store.ts';
import type { PartFolder } from '../files/parts.ts';
import type { Row, Storage, StorageFile } from './storage.ts';

/** Partitions of which a file is open at the same time; beyond it the oldest is ended. */
const MAX_OPEN_FILES = 64;

/** A file of a transaction, and where it belongs. */
export interface WrittenPart {
  readonly part: string;
  /** Folder below that of the table; empty = it itself. */
  readonly partition: string;
}

/** What a committed transaction wrote. */
export interface CommitNote {
  readonly parts: readonly WrittenPart[];
}

/** What a token says. */
export interface CommitToken {
  readonly run: string;
  readonly table: number;
  readonly name: string;
  readonly transaction: string;
}

/** Name of the note that makes a transaction count. */
export function commitNoteName(table: number, transaction: string): string {
  return `t${table}-${transaction}-committed.part`;
}

/** Table and transaction of a note; null = it is none. */
export function transactionOf(
  part: string,
): { readonly table: number; readonly transaction: string } | null {
  const found = /^t(\d+)-([0-9a-f]+)-committed\.part$/.exec(part);
  return found === null ? null : { table: Number(found[1]), transaction: found[2] ?? '' };
}

/** What a loader writes, and where. */
export interface WarehouseLoaderParts {
  readonly folder: PartFolder;
  readonly storage: Storage;
  readonly runId: string;
  readonly table: number;
  /** Its name, for tokens. */
  readonly name: string;
  /** Fields of the files and the partition's folder, of a row as it comes. */
  split(fields: readonly (string | null)[]): { readonly row: Row; readonly partition: string };
}

interface OpenFile {
  readonly file: FileAppender;
  readonly writer: StorageFile;
}

const none: WriteCounts = { written: 0, updated: 0, bytes: 0, files: 0 };

/**
 * Rows into files of their partitions. Every transaction writes files of its own, which count once
 * its note is there; what has no note is never moved to the table.
 */
export class WarehouseLoader implements RowLoader {
  readonly #parts: WarehouseLoaderParts;
  #transaction = newTransaction();
  #open = new Map<string, OpenFile>();
  #written: WrittenPart[] = [];

  constructor(parts: WarehouseLoaderParts) {
    this.#parts = parts;
  }

  async write(batch: RowBatch): Promise<WriteCounts> {
    const groups = this.#grouped(batch);
    let bytes = 0;
    for (const [partition, rows] of groups) {
      const { file, writer } = await this.#fileOf(partition);
      const before = file.bytes;
      await file.write(await writer.rows(rows));
      bytes += file.bytes - before;
    }
    return { ...none, written: batch.rows, bytes };
  }

  async prepareCommit(): Promise<string> {
    for (const partition of this.#open.keys()) await this.#end(partition);
    const { runId, table, name } = this.#parts;
    const token: CommitToken = { run: runId, table, name, transaction: this.#transaction };
    return JSON.stringify(token);
  }

  async commit(): Promise<WriteCounts> {
    const note: CommitNote = { parts: this.#written };
    const name = commitNoteName(this.#parts.table, this.#transaction);
    await this.#parts.folder.writeNote(name, JSON.stringify(note));
    const files = this.#written.length;
    this.#written = [];
    this.#transaction = newTransaction();
    return { ...none, files };
  }

  async rollback(): Promise<void> {
    await this.close();
    for (const { part } of this.#written) await this.#parts.folder.remove(part);
    this.#written = [];
    this.#transaction = newTransaction();
  }

  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open = new Map();
    for (const { file } of open) await file.close();
  }

  /** Rows by partition. Nothing is written before all of them can be. */
  #grouped({ bytes, rows }: RowBatch): ReadonlyMap<string, readonly Row[]> {
    const { split, storage } = this.#parts;
    const groups = new Map<string, Row[]>();
    const offsets = rowOffsets(bytes);
    for (let at = 0; at < rows; at += 1) {
      const { row, partition } = split(decodeRow(bytes, offsets[at] ?? 0, offsets[at + 1] ?? 0));
      const problem = storage.problem(row);
      if (problem !== null) throw new RowsRefused(problem, at);
      const group = groups.get(partition);
      if (group === undefined) groups.set(partition, [row]);
      else group.push(row);
    }
    return groups;
  }

  async #fileOf(partition: string): Promise<OpenFile> {
    const known = this.#open.get(partition);
    if (known !== undefined) return known;
    const [oldest] = this.#open.keys();
    if (this.#open.size >= MAX_OPEN_FILES && oldest !== undefined) await this.#end(oldest);
    const { folder, storage, table } = this.#parts;
    const part = `t${table}-${this.#transaction}-${this.#written.length}.part`;
    this.#written.push({ part, partition });
    const opened = { file: await folder.append(part, 0), writer: storage.file() };
    this.#open.set(partition, opened);
    await opened.file.write(opened.writer.begin());
    return opened;
  }

  async #end(partition: string): Promise<void> {
    const opened = this.#open.get(partition);
    if (opened === undefined) return;
    this.#open.delete(partition);
    try {
      await opened.file.write(await opened.writer.end());
      await opened.file.sync();
    } finally {
      await opened.file.close();
    }
  }
}

function newTransaction(): string {
  return randomBytes(8).toString('hex');
}
