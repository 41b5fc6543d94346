import type { Chunk } from '../../ports/connector.ts';
import type { ChosenFile } from './selection.ts';

/** Small files share a chunk up to these bounds, so that a folder of millions stays plannable. */
const CHUNK_FILES = 256;
const CHUNK_BYTES = 16 * 1024 * 1024;

/** A file as a chunk keeps it. */
export interface ChunkFile {
  readonly path: string;
  readonly bytes: number;
  readonly below: string;
}

/** How files are dealt. */
export interface Deal {
  readonly shards: number;
  /** Whether a shard may be several chunks. */
  readonly fine: boolean;
  /** `count`: groups of equal number; `size`: of about equal bytes. A file is never cut. */
  readonly splitBy: 'count' | 'size';
}

/** Deals files into chunks (cdm.md §5.3), equally for equal files. */
export function dealFiles(files: readonly ChosenFile[], deal: Deal): readonly Chunk[] {
  const groups =
    deal.splitBy === 'count' ? byCount(files, deal.shards) : bySize(files, deal.shards);
  const chunks: Chunk[] = [];
  for (const [shard, group] of groups.entries()) {
    const parts = deal.fine ? cutGroup(group) : group.length > 0 ? [group] : [];
    for (const part of parts) chunks.push(chunkOf(part, shard, chunks.length));
  }
  return chunks;
}

/** The files of a chunk. @throws Error when it is no chunk of files. */
export function filesOf(chunk: Chunk): readonly ChunkFile[] {
  const { files } = chunk.spec;
  if (!Array.isArray(files)) throw new Error(`chunk ${chunk.id} holds no files`);
  return files as readonly ChunkFile[];
}

function chunkOf(files: readonly ChosenFile[], shard: number, number: number): Chunk {
  const [first] = files;
  const others = files.length > 1 ? ` and ${files.length - 1} more` : '';
  return {
    id: String(number),
    shard,
    label: `${first?.path ?? ''}${others}`,
    spec: { files: files.map(({ path, bytes, below }): ChunkFile => ({ path, bytes, below })) },
    weight: files.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

function byCount(files: readonly ChosenFile[], shards: number): readonly (readonly ChosenFile[])[] {
  const groups: ChosenFile[][] = [];
  const each = Math.floor(files.length / shards);
  const more = files.length % shards;
  for (let shard = 0, at = 0; shard < shards; shard += 1) {
    const end = at + each + (shard < more ? 1 : 0);
    groups.push(files.slice(at, end));
    at = end;
  }
  return groups;
}

/** Largest first, always to the lightest group. */
function bySize(files: readonly ChosenFile[], shards: number): readonly (readonly ChosenFile[])[] {
  const groups = Array.from({ length: shards }, () => ({ bytes: 0, files: [] as ChosenFile[] }));
  for (const file of files.toSorted((a, b) => b.bytes - a.bytes)) {
    let lightest = groups[0];
    for (const group of groups) {
      if (lightest === undefined || group.bytes < lightest.bytes) lightest = group;
    }
    lightest?.files.push(file);
    if (lightest !== undefined) lightest.bytes += file.bytes;
  }
  return groups.map((group) => group.files.sort((a, b) => (a.path < b.path ? -1 : 1)));
}

function cutGroup(files: readonly ChosenFile[]): readonly (readonly ChosenFile[])[] {
  const parts: ChosenFile[][] = [];
  let part: ChosenFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (part.length > 0 && (part.length >= CHUNK_FILES || bytes + file.bytes > CHUNK_BYTES)) {
      parts.push(part);
      [part, bytes] = [[], 0];
    }
    part.push(file);
    bytes += file.bytes;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
