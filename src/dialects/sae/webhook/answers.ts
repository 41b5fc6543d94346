import { DomainError } from '../../../domain/errors.ts';
import { gatewayErrors, WireError } from '../../aliyun/errors.ts';
import { domainErrors } from '../errors.ts';

/** What a caller of a webhook is told. */
export interface WebhookAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A run was accepted (sae.md §4.3.8). */
export function accepted(requestId: string, jobId: string): WebhookAnswer {
  return {
    status: 200,
    body: { RequestId: requestId, Code: '200', Message: 'success', Success: true, Data: jobId },
  };
}

/** No run: a skipped one is a 200 with the code in `ErrorCode`, anything else an error. */
export function refused(requestId: string, error: WireError, skipped: boolean): WebhookAnswer {
  return {
    status: skipped ? 200 : error.status,
    body: {
      RequestId: requestId,
      Code: skipped ? '200' : error.code,
      Message: error.message,
      Success: false,
      ErrorCode: error.code,
      ...error.extra,
    },
  };
}

/** The answer to a token that belongs to no webhook, whatever the reason. */
export function unknownWebhook(): WireError {
  return new WireError(404, 'Webhook.NotFound', 'There is no webhook with this token.');
}

/** Any failure as an answer. What is no refusal is told as an internal error. */
export function failed(requestId: string, error: unknown): WebhookAnswer {
  if (error instanceof WireError) return refused(requestId, error, false);
  if (!(error instanceof DomainError)) {
    return refused(requestId, gatewayErrors.internalError(), false);
  }
  // The template went between the look at it and the start.
  if (error.code === 'template-not-found') return refused(requestId, unknownWebhook(), false);
  const skipped = error.code === 'template-suspended' || error.code === 'concurrency-forbidden';
  return refused(requestId, domainErrors[error.code](error.details, error.message), skipped);
}
