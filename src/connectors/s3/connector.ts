import { TransferError } from '../../domain/transfer/errors.ts';
import type { Connector, ConnectorContext } from '../../ports/connector.ts';
import { fileConnector } from '../files/connector.ts';
import { checkHost } from '../files/remote.ts';
import { clientFor, hostOf, type S3Options } from './client.ts';
import { s3Error } from './errors.ts';
import { openS3Store } from './s3-store.ts';

/** Buckets of any service that speaks S3 (cdm.md §4.3, obs-connector). */
export function s3Connector(context: ConnectorContext): Connector<'s3'> {
  return fileConnector<'s3'>('s3', context, {
    test: async (options, signal) => {
      checkHost(context, hostOf(options));
      await testService(options, signal);
    },
    open: async (options, bucket, signal) => {
      checkHost(context, hostOf(options));
      if (bucket === '') {
        throw new TransferError('bucket-missing', 'a job on an object store has to name a bucket');
      }
      return openS3Store(options, bucket, signal);
    },
  });
}

/** Asks for the buckets. Who has good keys, but may not see that, passes. */
async function testService(options: S3Options, signal: AbortSignal): Promise<void> {
  const sdk = await import('@aws-sdk/client-s3');
  const client = clientFor(sdk, options);
  try {
    await client.send(new sdk.ListBucketsCommand({}), { abortSignal: signal });
  } catch (error) {
    signal.throwIfAborted();
    if ((error as Error).name === 'AccessDenied') return;
    throw s3Error(error, { endpoint: options.endpoint, bucket: '' }, 'read', '');
  } finally {
    client.destroy();
  }
}
