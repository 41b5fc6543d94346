import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { TransferError } from '../../domain/transfer/errors.ts';
import type { FileInfo, FileStore } from '../../ports/file-store.ts';
import {
  IDLE_TIMEOUT_MS,
  inPieces,
  missingPath,
  readingOn,
  remotePath,
  withoutSilence,
} from '../files/remote.ts';
import { clientFor, type S3Options, type Sdk } from './client.ts';
import { copyObject } from './copy.ts';
import { s3Error, statusOf } from './errors.ts';
import { upload } from './upload.ts';

/** Objects of one page of a listing: the most that services give. */
const PAGE_OBJECTS = 1_000;
/** Size of the pieces that a read gives. */
const PIECE_BYTES = 256 * 1024;
/** Objects that are removed at the same time. */
const PARALLEL_REMOVALS = 8;

/**
 * Objects of one bucket as files: keys are paths, and what ends in `/` is no file.
 * @throws TransferError `bucket-missing`, `link-credentials`, `link-unreachable`
 */
export async function openS3Store(
  options: S3Options,
  bucket: string,
  signal: AbortSignal,
): Promise<FileStore> {
  const sdk = await import('@aws-sdk/client-s3');
  const store = new S3Store(sdk, options, bucket);
  try {
    await store.check(signal);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

class S3Store implements FileStore {
  readonly hasFolders = false;
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #idleTimeoutMs: number;
  readonly #place: { readonly endpoint: string; readonly bucket: string };

  constructor(sdk: Sdk, options: S3Options, bucket: string) {
    this.#sdk = sdk;
    this.#client = clientFor(sdk, options);
    this.#idleTimeoutMs = options.socketTimeoutMs || IDLE_TIMEOUT_MS;
    this.#place = { endpoint: options.endpoint, bucket };
  }

  /** Asks for one name. Who may read objects without listing them is let through. */
  async check(signal: AbortSignal): Promise<void> {
    try {
      await this.#page('', undefined, 1, signal);
    } catch (error) {
      signal.throwIfAborted();
      if ((error as Error).name !== 'AccessDenied') throw s3Error(error, this.#place, 'read', '');
    }
  }

  async stat(path: string): ReturnType<FileStore['stat']> {
    const key = remotePath(path);
    return this.#doing('read', key, async () => {
      const found = key === '' ? null : await this.#look(key);
      if (found !== null) {
        const { info, contentType } = found;
        return { ...info, folder: false, ...(contentType === undefined ? {} : { contentType }) };
      }
      const { Contents } = await this.#page(key === '' ? '' : `${key}/`, undefined, 1);
      if (key !== '' && (Contents ?? []).length === 0) return null;
      return { path: key, bytes: 0, modifiedAtMs: 0, md5: null, folder: true };
    });
  }

  async *list(path: string, signal: AbortSignal): AsyncGenerator<FileInfo> {
    const key = remotePath(path);
    try {
      const own = key === '' ? null : await this.#head(key);
      if (own !== null) {
        yield own;
        return;
      }
      let some = key === '';
      for await (const found of this.#below(key, signal)) {
        some = true;
        if (!found.path.endsWith('/')) yield found;
      }
      if (!some) throw missingPath(key);
    } catch (error) {
      signal.throwIfAborted();
      throw s3Error(error, this.#place, 'read', key);
    }
  }

  read(
    path: string,
    range: { readonly start: number; readonly end: number | null },
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array> {
    const key = remotePath(path);
    let etag: string | undefined;
    const open = async function* (this: S3Store, from: number): AsyncGenerator<Uint8Array> {
      if (range.end !== null && from >= range.end) return;
      try {
        const { Body, ETag } = await this.#client.send(
          new this.#sdk.GetObjectCommand({
            Bucket: this.#place.bucket,
            Key: key,
            ...(from === 0 && range.end === null
              ? {}
              : { Range: `bytes=${from}-${range.end === null ? '' : range.end - 1}` }),
            ...(etag === undefined ? {} : { IfMatch: etag }),
          }),
          { abortSignal: signal },
        );
        // Not every service heeds the condition.
        if (etag !== undefined && ETag !== etag) {
          if (Body instanceof Readable) Body.destroy();
          throw new TransferError('read-failed', `${key} was changed while it was read`);
        }
        etag = ETag;
        if (!(Body instanceof Readable)) throw new Error('the answer has no body');
        // The library's own limit of silence ends with the head of the answer.
        yield* withoutSilence(Body, this.#idleTimeoutMs);
      } catch (error) {
        signal.throwIfAborted();
        // Behind the end there is nothing, which is no error.
        if (statusOf(error) === 416) return;
        throw s3Error(error, this.#place, 'read', key);
      }
    };
    const { start } = range;
    return inPieces(
      readingOn({ start, signal, open: (from) => open.call(this, from) }),
      PIECE_BYTES,
    );
  }

  async write(
    path: string,
    content: AsyncIterable<Uint8Array>,
    options: {
      readonly contentType?: string;
      readonly kmsKeyId?: string;
      readonly signal: AbortSignal;
    },
  ): Promise<FileInfo> {
    const key = this.#fileKey(path);
    const { contentType, kmsKeyId, signal } = options;
    return this.#doing(
      'write',
      key,
      async () => {
        const { bucket } = this.#place;
        const [sdk, client] = [this.#sdk, this.#client];
        await upload({ sdk, client, bucket, key, contentType, kmsKeyId, signal }, content);
        const found = await this.#head(key);
        if (found !== null) return found;
        throw new TransferError('write-failed', `${key} is not there after it was written`);
      },
      signal,
    );
  }

  /** Objects cannot be gone on with. */
  append(): Promise<null> {
    return Promise.resolve(null);
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [this.#fileKey(from), this.#fileKey(to)];
    await this.#doing('write', source, async () => {
      const { bucket } = this.#place;
      await copyObject({ sdk: this.#sdk, client: this.#client, bucket }, source, target);
      await this.remove(source);
    });
  }

  async remove(path: string): Promise<void> {
    const key = this.#fileKey(path);
    await this.#doing('write', key, () => this.#delete(key));
  }

  async removeTree(path: string, signal: AbortSignal): Promise<void> {
    const key = remotePath(path);
    await this.#doing(
      'write',
      key,
      async () => {
        if (key !== '') await this.#delete(key);
        const underWay = new Set<Promise<void>>();
        for await (const { path: below } of this.#below(key, signal)) {
          const gone = this.#delete(below).then(() => {
            underWay.delete(gone);
          });
          gone.catch(() => undefined);
          underWay.add(gone);
          if (underWay.size >= PARALLEL_REMOVALS) await Promise.race(underWay);
        }
        await Promise.all(underWay);
      },
      signal,
    );
  }

  makeFolder(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#client.destroy();
    return Promise.resolve();
  }

  /** Everything below a folder, page by page, in the order of keys. */
  async *#below(key: string, signal: AbortSignal): AsyncGenerator<FileInfo> {
    let after: string | undefined;
    do {
      const page = await this.#page(key === '' ? '' : `${key}/`, after, PAGE_OBJECTS, signal);
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        // No MD5: an object encrypted with KMS looks the same here, and its ETag is none.
        if (Key === undefined) continue;
        const modifiedAtMs = LastModified?.getTime() ?? 0;
        yield { path: Key, bytes: Size ?? 0, modifiedAtMs, md5: null };
      }
      after = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (after !== undefined);
  }

  #page(
    Prefix: string,
    ContinuationToken: string | undefined,
    MaxKeys: number,
    signal?: AbortSignal,
  ): Promise<import('@aws-sdk/client-s3').ListObjectsV2CommandOutput> {
    const { bucket: Bucket } = this.#place;
    const command = new this.#sdk.ListObjectsV2Command({
      Bucket,
      Prefix,
      MaxKeys,
      ContinuationToken,
    });
    return this.#client.send(command, signal === undefined ? {} : { abortSignal: signal });
  }

  async #head(key: string): Promise<FileInfo | null> {
    return (await this.#look(key))?.info ?? null;
  }

  async #look(
    key: string,
  ): Promise<{ readonly info: FileInfo; readonly contentType: string | undefined } | null> {
    try {
      const { bucket: Bucket } = this.#place;
      const found = await this.#client.send(new this.#sdk.HeadObjectCommand({ Bucket, Key: key }));
      const info = {
        path: key,
        bytes: found.ContentLength ?? 0,
        modifiedAtMs: found.LastModified?.getTime() ?? 0,
        md5: md5Of(found),
      };
      return { info, contentType: found.ContentType };
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  }

  async #delete(Key: string): Promise<void> {
    const { bucket: Bucket } = this.#place;
    await this.#client.send(new this.#sdk.DeleteObjectCommand({ Bucket, Key }));
  }

  #fileKey(path: string): string {
    const key = remotePath(path);
    if (key !== '') return key;
    throw new TransferError('write-failed', 'a file of a bucket needs a name');
  }

  async #doing<T>(
    doing: 'read' | 'write',
    key: string,
    work: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      throw s3Error(error, this.#place, doing, key);
    }
  }
}

/** The ETag is the MD5 of what was written at once and not encrypted with KMS. */
function md5Of(found: {
  readonly ETag?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSECustomerAlgorithm?: string | undefined;
}): string | null {
  const tag = /^"?([0-9a-f]{32})"?$/i.exec(found.ETag ?? '')?.[1];
  const byKms = found.ServerSideEncryption?.startsWith('aws:kms') === true;
  if (tag === undefined || byKms || found.SSECustomerAlgorithm !== undefined) return null;
  return tag.toLowerCase();
}
