import type { Static, TObject, TSchema } from 'typebox';
import type { User } from '../../domain/access.ts';
import type { DialectContext } from '../kit/dialect.ts';

/** Who asks: the user behind an access key, or the operator of this machine. */
export interface NativeCaller {
  readonly user: User;
  /** Null for the operator's token. */
  readonly keyId: string | null;
  readonly sourceIp: string;
}

/** One authenticated, authorised and validated request. */
export interface NativeCall<P = unknown, Q = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly caller: NativeCaller;
  /** `Last-Event-ID` of a resumed stream; null when absent. */
  readonly lastEventId: string | null;
}

/** One event of a `text/event-stream`; without `event` it is a comment that keeps the line open. */
export interface StreamEvent {
  readonly event: string | null;
  readonly id: string | null;
  readonly data: unknown;
}

/** What a handler answers. */
export type NativeReply =
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | {
      readonly kind: 'bytes';
      readonly bytes: Uint8Array;
      readonly headers: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'events'; readonly events: AsyncIterable<StreamEvent> };

/** One fact about the machine or the server, as `longshore doctor` shows it. */
export interface DoctorFact {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly detail: string;
  /** What to do about it; empty when nothing. */
  readonly fix: string;
}

/** What the composition root gives the native dialect beyond every dialect's context. */
export interface NativeServices extends DialectContext {
  readonly version: string;
  /** The operator's random token: whoever can read its file is root here. */
  readonly operatorToken: string;
  readonly dataDir: string;
  readonly baseUrl: () => string;
  readonly startedAtMs: number;
  facts(): Promise<readonly DoctorFact[]>;
  /** Aborts when the server drains, so that endless streams end. */
  readonly closing: AbortSignal;
}

/** What an operation is without its handler. */
export interface NativeOperationInfo {
  /** The policy action is `longshore:<name>`; also the OpenAPI operation id. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/api/v1`, parameters in braces. */
  readonly path: string;
  readonly group: string;
  readonly summary: string;
  readonly params?: TObject;
  readonly query?: TObject;
  readonly body?: TSchema;
  readonly reply: ReplyInfo;
}

/** What a successful answer looks like. */
export interface ReplyInfo {
  readonly status: 200 | 201 | 204;
  readonly type: 'application/json' | 'application/octet-stream' | 'text/event-stream' | null;
  readonly schema?: TSchema;
  readonly description: string;
}

/** One operation of the native API. */
export interface NativeOperation extends NativeOperationInfo {
  handle(call: NativeCall, services: NativeServices): Promise<NativeReply>;
}

type Shape<S> = S extends TSchema ? Static<S> : unknown;

/** Ties the handler's types to the schemas. */
export function defineOperation<
  const P extends TObject | undefined = undefined,
  const Q extends TObject | undefined = undefined,
  const B extends TSchema | undefined = undefined,
>(
  operation: Omit<NativeOperationInfo, 'params' | 'query' | 'body'> & {
    readonly params?: P;
    readonly query?: Q;
    readonly body?: B;
    handle(
      call: NativeCall<Shape<P>, Shape<Q>, Shape<B>>,
      services: NativeServices,
    ): Promise<NativeReply>;
  },
): NativeOperation {
  // The validator has checked the parts before `handle` sees them, so the widening is sound.
  return operation as unknown as NativeOperation;
}

/** A JSON answer. */
export function json(body: unknown, status: 200 | 201 = 200): NativeReply {
  return { kind: 'json', status, body };
}

/** An empty answer, 204. */
export const nothing: NativeReply = { kind: 'json', status: 204, body: undefined };
