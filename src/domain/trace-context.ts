/** W3C Trace Context, level 1: which trace a request belongs to. */

/** One place in a trace. */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string;
  /** 8 bits; the lowest says that the trace is recorded. */
  readonly flags: number;
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The header's value as a place; null when it is none, which the standard says to ignore. */
export function parseTraceparent(text: string | null | undefined): TraceContext | null {
  if (text === null || text === undefined || text.length > 512) return null;
  const [, version, traceId = '', spanId = '', flags = '', more] = pattern.exec(text.trim()) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) {
    return null;
  }
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** The place as the header's value, in the version that everybody reads. */
export function formatTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${(flags & 0xff).toString(16).padStart(2, '0')}`;
}

/** What is kept of a request's header: a valid value as we write it; null = none. */
export function keptTraceparent(text: string | null | undefined): string | null {
  const parsed = parseTraceparent(text);
  return parsed === null ? null : formatTraceparent(parsed);
}
