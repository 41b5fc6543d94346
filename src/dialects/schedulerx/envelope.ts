import type { AnswerForm, Envelope } from '../aliyun/operation.ts';
import { xmlDocument } from './xml.ts';

/** Operations whose `Code` is a text, in failures as in successes (schedulerx.md §2). */
const textCodes: ReadonlySet<string> = new Set(['CreateWorkflow']);

/**
 * The envelope of schedulerx.md §2: `Code` 200, `Success`, `RequestId`, `Data`; failures of the
 * gateway (an HTTP status of 400 and above) and of the business (HTTP 200) as of §3.
 */
export const schedulerxEnvelope: Envelope = {
  success(reply, { requestId }, form) {
    const members = {
      Code: 200,
      Success: true,
      RequestId: requestId,
      Data: reply.data,
      ...reply.top,
    };
    return written(members, responseRoot(form), form);
  },
  failure(error, { requestId }, host, form) {
    if (error.status === 200) {
      const members = {
        Code: textCodes.has(form.action) ? error.code : Number(error.code),
        Success: false,
        RequestId: requestId,
        Message: error.message,
        ...error.extra,
      };
      return written(members, responseRoot(form), form);
    }
    const members = {
      RequestId: requestId,
      HostId: host,
      Code: error.code,
      Message: error.message,
      Recommend: `https://api.aliyun.com/troubleshoot?q=${encodeURIComponent(error.code)}&requestId=${requestId}`,
      ...error.extra,
    };
    return written(members, 'Error', form);
  },
  contentType(form, error) {
    if (form.format === 'JSON') return 'application/json;charset=utf-8';
    // Clients parse XML errors only under exactly this type (§1.5).
    return error !== null && error.status !== 200 ? 'text/xml;charset=utf-8' : 'application/xml';
  },
};

function responseRoot({ action }: AnswerForm): string {
  return `${action}Response`;
}

function written(
  members: Readonly<Record<string, unknown>>,
  root: string,
  { format }: AnswerForm,
): string {
  // JSON.stringify leaves out undefined members, which is how absence is said here.
  return format === 'XML' ? xmlDocument(root, members) : JSON.stringify(members);
}
