import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Cleanup } from './temporary-folder.ts';
import { within } from './until.ts';

/** Time until the server must listen; it is a Python program that loads much. */
const START_MS = 60_000;

/** A real S3-compatible server of its own on loopback, and a client apart from ours. */
export interface ObjectServer {
  readonly endpoint: string;
  makeBucket(bucket: string): Promise<void>;
  put(bucket: string, key: string, content: string): Promise<void>;
  /** Content of an object; null when there is none. */
  get(bucket: string, key: string): Promise<string | null>;
  keys(bucket: string): Promise<readonly string[]>;
  remove(bucket: string, key: string): Promise<void>;
  /** From now on every request is refused: there is no user with any key. */
  denyAll(): Promise<void>;
  /** Lets the server check nothing again. */
  allowAll(): Promise<void>;
}

/**
 * Starts `moto_server` with an empty memory; it ends with the test.
 * @throws Error when it does not listen in time.
 */
export async function startObjectServer(cleanup: Cleanup): Promise<ObjectServer> {
  const child = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  cleanup.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const endpoint = await within(
    'moto_server says where it listens',
    new Promise<string>((resolve, reject) => {
      let words = '';
      const read = (chunk: Buffer): void => {
        words += String(chunk);
        const match = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(words);
        if (match?.[1] !== undefined) resolve(match[1]);
      };
      // Both streams are read to the end, or the server would stop at a full pipe.
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.on('error', reject);
      child.on('close', () => reject(new Error(`moto_server ended: ${words.slice(-2000)}`)));
    }),
    START_MS,
  );
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  cleanup.after(() => client.destroy());
  const switchAuth = async (after: string): Promise<void> => {
    const answer = await fetch(`${endpoint}/moto-api/reset-auth`, { method: 'POST', body: after });
    if (!answer.ok) throw new Error(`moto_server answered ${answer.status}`);
  };
  return {
    endpoint,
    async makeBucket(bucket) {
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
    },
    async put(bucket, key, content) {
      const body = Buffer.from(content);
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentLength: body.length }),
      );
    },
    async get(bucket, key) {
      try {
        const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        return (await found.Body?.transformToString()) ?? '';
      } catch (error) {
        if ((error as Error).name === 'NoSuchKey') return null;
        throw error;
      }
    },
    async keys(bucket) {
      const found = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
      return (found.Contents ?? []).map(({ Key }) => Key ?? '');
    },
    async remove(bucket, key) {
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
    denyAll: () => switchAuth('0'),
    allowAll: () => switchAuth('1000000'),
  };
}
