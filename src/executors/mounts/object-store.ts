import fs from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { connectTimeoutMs, idleTimeoutMs, listPageObjects } from './limits.ts';

/** A bucket of an S3-compatible service, with the key to use. */
export interface ObjectStoreAddress {
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secret: string;
}

/** An object as a listing or a look tells it. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Changes whenever the content does. */
  readonly etag: string;
}

/** Metadata by which a writer knows its own objects again. */
const writerField = 'longshore-writer';

/** Services that know buckets by host name only; all others understand the bucket in the path. */
const hostStyle = /(^|\.)(aliyuncs\.com|myhuaweicloud\.com)$/;

/** One bucket of an S3-compatible service. Every failure is an Error that names the bucket. */
export class ObjectStore {
  readonly #client: S3Client;
  readonly #sdk: typeof import('@aws-sdk/client-s3');
  readonly #address: ObjectStoreAddress;

  /** Loads the client library, some 35 MB of memory, when the first bucket of this kind is used. */
  static async open(address: ObjectStoreAddress): Promise<ObjectStore> {
    const sdk = await import('@aws-sdk/client-s3');
    return new ObjectStore(sdk, address);
  }

  private constructor(sdk: typeof import('@aws-sdk/client-s3'), address: ObjectStoreAddress) {
    this.#sdk = sdk;
    this.#address = address;
    this.#client = new sdk.S3Client(clientConfig(address));
  }

  close(): void {
    this.#client.destroy();
  }

  /** Looks at one object; null when there is none. `writer` is what `upload` was given. */
  async look(
    key: string,
    signal: AbortSignal,
  ): Promise<(StoredObject & { readonly writer: string | null }) | null> {
    try {
      const found = await this.#client.send(
        new this.#sdk.HeadObjectCommand({ Bucket: this.#address.bucket, Key: key }),
        { abortSignal: signal },
      );
      const writer = found.Metadata?.[writerField] ?? null;
      return { key, bytes: found.ContentLength ?? 0, etag: found.ETag ?? '', writer };
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw this.#words(error, `looking at ${JSON.stringify(key)}`, signal);
    }
  }

  /** All objects whose key begins with `prefix`, in the order of their keys, page by page. */
  async *list(prefix: string, signal: AbortSignal): AsyncGenerator<StoredObject> {
    let after: string | undefined;
    do {
      const page = await this.#client
        .send(
          new this.#sdk.ListObjectsV2Command({
            Bucket: this.#address.bucket,
            Prefix: prefix,
            MaxKeys: listPageObjects,
            ContinuationToken: after,
          }),
          { abortSignal: signal },
        )
        .catch((error: unknown) => {
          throw this.#words(error, 'listing', signal);
        });
      for (const { Key, Size, ETag } of page.Contents ?? []) {
        yield { key: Key ?? '', bytes: Size ?? 0, etag: ETag ?? '' };
      }
      after = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    } while (after !== undefined);
  }

  /**
   * Writes an object into a file that must not exist yet.
   * @returns which version of the object it is.
   * @throws Error also when it has more than `maxBytes`.
   */
  async download(
    key: string,
    file: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<StoredObject> {
    let bytes = 0;
    const bound = new Transform({
      transform(chunk: Buffer, _encoding, done): void {
        bytes += chunk.length;
        if (bytes > maxBytes) done(new Error(`it has more than ${maxBytes} bytes`));
        else done(null, chunk);
      },
    });
    try {
      const got = await this.#client.send(
        new this.#sdk.GetObjectCommand({ Bucket: this.#address.bucket, Key: key }),
        { abortSignal: signal },
      );
      if (!(got.Body instanceof Readable)) throw new Error('the answer has no body');
      await pipeline(got.Body, bound, fs.createWriteStream(file, { flags: 'wx', mode: 0o600 }), {
        signal,
      });
      if (got.ContentLength !== undefined && got.ContentLength !== bytes) {
        throw new Error(`${bytes} of ${got.ContentLength} bytes arrived`);
      }
      return { key, bytes, etag: got.ETag ?? '' };
    } catch (error) {
      throw this.#words(error, `reading ${JSON.stringify(key)}`, signal);
    }
  }

  /** Writes an object of exactly `bytes` bytes; `body` is used up. */
  async upload(
    object: { readonly key: string; readonly bytes: number; readonly writer: string },
    body: Readable,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.#client.send(
        new this.#sdk.PutObjectCommand({
          Bucket: this.#address.bucket,
          Key: object.key,
          Body: body,
          ContentLength: object.bytes,
          Metadata: { [writerField]: object.writer },
        }),
        { abortSignal: signal },
      );
    } catch (error) {
      throw this.#words(error, `writing ${JSON.stringify(object.key)}`, signal);
    } finally {
      body.destroy();
    }
  }

  #words(error: unknown, doing: string, signal: AbortSignal): Error {
    const { bucket, endpoint } = this.#address;
    const { name, message, code } = error as Error & { readonly code?: string };
    const status = statusOf(error);
    let why = message;
    if (signal.aborted) why = (signal.reason as Error | undefined)?.message ?? 'stopped';
    else if (name === 'NoSuchBucket') why = 'the bucket does not exist';
    else if (status === 401 || status === 403) {
      why = `access denied (${name}); check key pair and rights`;
    } else if (why === '' || why === 'UnknownError') why = code ?? `${name} ${status ?? ''}`;
    return new Error(`bucket ${JSON.stringify(bucket)} at ${endpoint}, ${doing}: ${why}`, {
      cause: error,
    });
  }
}

function clientConfig(address: ObjectStoreAddress): S3ClientConfig {
  const { endpoint, region, accessKeyId, secret, bucket } = address;
  const { hostname } = new URL(endpoint);
  const inHost = hostname.startsWith(`${bucket}.`);
  return {
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey: secret },
    // An address that begins with the bucket's name is the bucket itself.
    ...(inHost ? { bucketEndpoint: true } : { forcePathStyle: !hostStyle.test(hostname) }),
    // Trailing checksums are refused by most services but Amazon's.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: connectTimeoutMs, socketTimeout: idleTimeoutMs },
  };
}

function statusOf(error: unknown): number | null {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode ?? null;
}
