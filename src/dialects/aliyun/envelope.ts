import type { Envelope, ExchangeIds } from './operation.ts';

/** The envelope of sae.md §2.4 and §2.5, members in the order of the official samples. */
export const standardEnvelope: Envelope = {
  success(reply, { requestId, traceId }) {
    const usual = {
      RequestId: requestId,
      Message: 'success',
      TraceId: reply.omitTraceId === true ? undefined : traceId,
      Data: reply.data,
      ErrorCode: '',
      Code: '200',
      Success: true,
    };
    // JSON.stringify leaves out undefined members, which is how absence is said here.
    return JSON.stringify(reply.top === undefined ? usual : { ...usual, ...reply.top });
  },
  failure(error, { requestId, traceId }, host) {
    return JSON.stringify({
      RequestId: requestId,
      HostId: host,
      Code: error.code,
      Message: error.message,
      Recommend: `https://api.aliyun.com/troubleshoot?q=${encodeURIComponent(error.code)}&requestId=${requestId}`,
      Success: false,
      TraceId: traceId,
      ErrorCode: error.code,
      ...error.extra,
    });
  },
};

/**
 * Makes the identifiers of exchanges.
 * @param uuid source of lower-case UUIDs.
 * @param hostIpv4 address that trace ids carry, e.g. `10.0.0.7`.
 */
export function createExchangeIds(
  uuid: () => string,
  nowMs: () => number,
  hostIpv4: string,
): () => ExchangeIds {
  const host = hostIpv4
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('');
  const origin = `e${(process.pid & 0xffff).toString(16).padStart(4, '0')}`;
  let sequence = 0;
  return () => {
    sequence = (sequence + 1) % 9_000;
    const id = uuid().toUpperCase();
    return {
      requestId: `${id.slice(0, 14)}5${id.slice(15)}`,
      traceId: `${host}${nowMs()}${sequence + 1_000}${origin}`,
    };
  };
}
