import fs from 'node:fs';
import type { AttemptMount } from '../../ports/executor.ts';
import { maxSecretBytes } from './limits.ts';
import type { ObjectStoreAddress } from './object-store.ts';

/** An entry of the configuration's `buckets`. */
export interface BucketMapping {
  readonly name: string;
  /** Folder of this machine that it is. */
  readonly folder?: string;
  /** Address of an S3-compatible service that has it. */
  readonly endpoint?: string;
  readonly region?: string;
  readonly accessKeyId?: string;
  /** File that holds the secret of the key. */
  readonly secretFile?: string;
}

export type BucketSource = Extract<AttemptMount['source'], { kind: 'bucket' }>;

/** A key pair in clear. */
export type KeyPair = NonNullable<BucketSource['credentials']>;

/** Region that services without regions are told. */
const anyRegion = 'us-east-1';

/** How messages call a bucket. */
export function bucketName(bucket: string): string {
  return `bucket ${JSON.stringify(bucket)}`;
}

/** Why the bucket cannot be mounted, with the line of configuration that would fix it. */
export function refusesBucket(
  { bucket, hasCredentials }: { readonly bucket: string; readonly hasCredentials: boolean },
  mappings: readonly BucketMapping[],
): string | null {
  const name = bucketName(bucket);
  const line = (what: string): string => `buckets: [{name: ${JSON.stringify(bucket)}, ${what}}]`;
  const mapping = mappings.find((entry) => entry.name === bucket);
  if (mapping === undefined) {
    return `${name} is not mapped to anything; add to the configuration: ${line('folder: "/path/of/it"')}, or endpoint: "https://…" of an S3-compatible service`;
  }
  if (mapping.folder !== undefined) return null;
  if (mapping.endpoint === undefined) {
    return `${name} is configured without a folder and without an endpoint; make it: ${line('folder: "/path/of/it"')}`;
  }
  const hasPair = mapping.accessKeyId !== undefined && mapping.secretFile !== undefined;
  if (hasCredentials || hasPair) return null;
  return `${name} has no key pair; give the template one (OssAkId, OssAkSecret), or make it: ${line(
    `endpoint: ${JSON.stringify(mapping.endpoint)}, accessKeyId: "…", secretFile: "/file/with/the/secret"`,
  )}`;
}

/**
 * Where the bucket is and with which key: the template's own pair, else the mapping's.
 * @throws Error when it is not mapped, or the secret's file cannot be read.
 */
export async function bucketAddress(
  bucket: string,
  credentials: KeyPair | null,
  mappings: readonly BucketMapping[],
): Promise<ObjectStoreAddress> {
  const problem = refusesBucket({ bucket, hasCredentials: credentials !== null }, mappings);
  const mapping = mappings.find((entry) => entry.name === bucket);
  if (problem !== null || mapping?.endpoint === undefined) {
    throw new Error(problem ?? `${bucketName(bucket)} is in no object store any more`);
  }
  const pair = credentials ?? {
    accessKeyId: mapping.accessKeyId ?? '',
    secret: await readSecret(mapping.secretFile ?? '', bucketName(bucket)),
  };
  const { endpoint, region = anyRegion } = mapping;
  return { bucket, endpoint, region, ...pair };
}

async function readSecret(file: string, owner: string): Promise<string> {
  let text = '';
  try {
    const { size } = await fs.promises.stat(file);
    if (size <= maxSecretBytes) text = (await fs.promises.readFile(file, 'utf8')).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      `the secret of ${owner} cannot be read from ${file} (${code}); the server's user must be able to`,
      { cause: error },
    );
  }
  if (text !== '') return text;
  throw new Error(
    `${file} does not hold the secret of ${owner}: it is empty or above ${maxSecretBytes} bytes`,
  );
}
