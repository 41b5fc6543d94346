import type { WireError } from './errors.ts';

/** A failure of CDM with every name that clients read it by (cdm.md §2.4). */
export function supersetBody(error: WireError, requestId: string): Record<string, unknown> {
  const { code, message } = error;
  return {
    code,
    errCode: code,
    error_code: code,
    message,
    externalMessage: message,
    error_msg: message,
    request_id: requestId,
    ...error.extra,
  };
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
};

/** A failure of IAM: both of its forms in one (cdm.md §2.2). */
export function iamBody(error: WireError): Record<string, unknown> {
  const { status, code, message } = error;
  const title = titles[status] ?? 'Internal Server Error';
  return { error: { code: status, title, message }, error_code: code, error_msg: message };
}
