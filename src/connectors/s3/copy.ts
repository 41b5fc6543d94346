import type { CompletedPart, S3Client } from '@aws-sdk/client-s3';
import type { Sdk } from './client.ts';

/** Largest object that one request copies, by the protocol. */
const MAX_COPY_BYTES = 5 * 1024 ** 3;
/** Size of parts of larger ones; 10,000 of them are beyond the largest object. */
const COPY_PART_BYTES = 1024 ** 3;

/** Copies an object within a bucket, of any size; nothing passes through this machine. */
export async function copyObject(
  {
    sdk,
    client,
    bucket: Bucket,
  }: {
    readonly sdk: Sdk;
    readonly client: S3Client;
    readonly bucket: string;
  },
  from: string,
  to: string,
): Promise<void> {
  const found = await client.send(new sdk.HeadObjectCommand({ Bucket, Key: from }));
  const bytes = found.ContentLength ?? 0;
  const CopySource = [Bucket, ...from.split('/')].map(encodeURIComponent).join('/');
  const own = {
    Bucket,
    Key: to,
    ServerSideEncryption: found.ServerSideEncryption,
    SSEKMSKeyId: found.SSEKMSKeyId,
  };
  if (bytes <= MAX_COPY_BYTES) {
    await client.send(new sdk.CopyObjectCommand({ ...own, CopySource }));
    return;
  }
  const { UploadId } = await client.send(
    new sdk.CreateMultipartUploadCommand({ ...own, ContentType: found.ContentType }),
  );
  try {
    const Parts: CompletedPart[] = [];
    for (let at = 0; at < bytes; at += COPY_PART_BYTES) {
      const PartNumber = Parts.length + 1;
      const { CopyPartResult } = await client.send(
        new sdk.UploadPartCopyCommand({
          Bucket,
          Key: to,
          UploadId,
          PartNumber,
          CopySource,
          CopySourceIfMatch: found.ETag,
          CopySourceRange: `bytes=${at}-${Math.min(at + COPY_PART_BYTES, bytes) - 1}`,
        }),
      );
      Parts.push({ PartNumber, ETag: CopyPartResult?.ETag });
    }
    await client.send(
      new sdk.CompleteMultipartUploadCommand({
        Bucket,
        Key: to,
        UploadId,
        MultipartUpload: { Parts },
      }),
    );
  } catch (error) {
    await client
      .send(new sdk.AbortMultipartUploadCommand({ Bucket, Key: to, UploadId }))
      .catch(() => undefined);
    throw error;
  }
}
