import { createHash } from 'node:crypto';
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';
import type { Sdk } from './client.ts';

const MIB = 1024 * 1024;
/** Size of the first parts; no service takes less than 5 MiB. A smaller file is one request. */
const PART_BYTES = 8 * MIB;
/** Parts of one size; then it doubles, so that the limit of 10,000 parts is beyond 1 TiB. */
const PARTS_OF_SIZE = 1_000;
const MAX_PART_BYTES = 256 * MIB;
/** Memory for parts on their way, besides the one that is filled; one is always allowed. */
const MAX_UNDER_WAY_BYTES = 24 * MIB;

/** Where an object is written. */
export interface UploadPlace {
  readonly sdk: Sdk;
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly contentType: string | undefined;
  readonly kmsKeyId: string | undefined;
  readonly signal: AbortSignal;
}

/** Writes an object; it appears complete or not at all. Memory is bounded by some parts. */
export async function upload(
  place: UploadPlace,
  content: AsyncIterable<Uint8Array>,
): Promise<void> {
  const parts = partsOf(content);
  const first = await parts.next();
  const body = first.done === true ? Buffer.alloc(0) : first.value;
  const second = body.length < PART_BYTES ? null : await parts.next();
  place.signal.throwIfAborted();
  if (second === null || second.done === true) {
    await place.client.send(
      new place.sdk.PutObjectCommand({
        ...ownOptions(place),
        Body: body,
        ContentLength: body.length,
        ContentMD5: md5(body),
      }),
      { abortSignal: place.signal },
    );
    return;
  }
  await inParts(place, [body, second.value], parts);
}

async function inParts(
  place: UploadPlace,
  begun: readonly Buffer[],
  rest: AsyncIterable<Buffer>,
): Promise<void> {
  const { sdk, client, bucket: Bucket, key: Key, signal } = place;
  const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(ownOptions(place)), {
    abortSignal: signal,
  });
  if (UploadId === undefined) throw new Error('the service began no upload');
  const underWay = new Set<Promise<void>>();
  const failed = new AbortController();
  try {
    const done: CompletedPart[] = [];
    let number = 0;
    let bytes = 0;
    const send = (Body: Buffer): void => {
      number += 1;
      bytes += Body.length;
      const PartNumber = number;
      const sent = client
        .send(
          new sdk.UploadPartCommand({
            Bucket,
            Key,
            UploadId,
            PartNumber,
            Body,
            ContentLength: Body.length,
            ContentMD5: md5(Body),
          }),
          { abortSignal: AbortSignal.any([signal, failed.signal]) },
        )
        .then(({ ETag }) => {
          done.push({ PartNumber, ETag });
          bytes -= Body.length;
          underWay.delete(sent);
        });
      // Heard of below; here it only must not be an error that nobody hears of.
      sent.catch(() => undefined);
      underWay.add(sent);
    };
    for await (const part of both(begun, rest)) {
      signal.throwIfAborted();
      while (underWay.size > 0 && bytes + part.length > MAX_UNDER_WAY_BYTES) {
        await Promise.race(underWay);
      }
      send(part);
    }
    await Promise.all(underWay);
    done.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0));
    await client.send(
      new sdk.CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts: done },
      }),
      { abortSignal: signal },
    );
  } catch (error) {
    failed.abort();
    await Promise.allSettled(underWay);
    // Parts that were sent cost space until somebody says so.
    await client
      .send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
      .catch(() => undefined);
    throw error;
  }
}

function ownOptions({ bucket, key, contentType, kmsKeyId }: UploadPlace): {
  readonly Bucket: string;
  readonly Key: string;
  readonly ContentType?: string;
  readonly ServerSideEncryption?: 'aws:kms';
  readonly SSEKMSKeyId?: string;
} {
  return {
    Bucket: bucket,
    Key: key,
    ...(contentType === undefined ? {} : { ContentType: contentType }),
    ...(kmsKeyId === undefined
      ? {}
      : {
          ServerSideEncryption: 'aws:kms',
          ...(kmsKeyId === '' ? {} : { SSEKMSKeyId: kmsKeyId }),
        }),
  };
}

/** Cuts content into parts of exactly their size; the last one is smaller. */
async function* partsOf(content: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, undefined> {
  let number = 0;
  let part = Buffer.allocUnsafeSlow(PART_BYTES);
  let filled = 0;
  for await (const piece of content) {
    for (let at = 0; at < piece.length;) {
      const taken = Math.min(piece.length - at, part.length - filled);
      part.set(piece.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
      if (filled < part.length) continue;
      yield part;
      number += 1;
      const doublings = Math.floor(number / PARTS_OF_SIZE);
      part = Buffer.allocUnsafeSlow(Math.min(PART_BYTES * 2 ** doublings, MAX_PART_BYTES));
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
  return undefined;
}

async function* both(
  first: readonly Buffer[],
  rest: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  yield* first;
  yield* rest;
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64');
}
