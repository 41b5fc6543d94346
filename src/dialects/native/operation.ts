import type { Static, TObject, TSchema } from 'typebox';
import type { User } from '../../domain/access.ts';
import type { DialectContext } from '../kit/dialect.ts';
import type { Insight } from '../kit/insight.ts';
import type { JobForms } from '../kit/operations.ts';

/** Who asks: the user behind an access key, or the operator of this machine. */
export interface NativeCaller {
  readonly user: User;
  /** Null for the operator's token. */
  readonly keyId: string | null;
  readonly sourceIp: string;
  /** The request's place in a trace, as it says; unchecked. */
  readonly traceparent?: string | null;
}

/** One authenticated, authorised and validated request. */
export interface NativeCall<P = unknown, Q = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly caller: NativeCaller;
  /** `Last-Event-ID` of a resumed stream; null when absent. */
  readonly lastEventId: string | null;
  /** `Range` of a download; null when absent. */
  readonly range: string | null;
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
  | { readonly kind: 'events'; readonly events: AsyncIterable<StreamEvent> }
  | {
      /** A file to keep, made while it is sent. */
      readonly kind: 'download';
      /** ASCII letters, digits, dots, dashes, underscores. */
      readonly fileName: string;
      readonly type: string;
      readonly content: AsyncIterable<string | Uint8Array>;
      /** 206 for a part of it; absent = 200. */
      readonly status?: 200 | 206;
      readonly headers?: Readonly<Record<string, string>>;
    };

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
  /** What only the other dialects know. */
  readonly insights: readonly Insight[];
  /** Forms of every dialect's operations on jobs. */
  readonly forms: readonly JobForms[];
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
  /**
   * How the audit log treats it. `denials`: it changes nothing, only denials are written down;
   * `starts`: it starts a run and does nothing else, its line may come later; `within`: what it
   * carries out has a line of its own. Absent = `denials` for GET, otherwise every call has its line.
   */
  readonly audited?: 'denials' | 'starts' | 'within';
}

/** What a successful answer looks like. */
export interface ReplyInfo {
  readonly status: 200 | 201 | 204;
  readonly type:
    | 'application/json'
    | 'application/octet-stream'
    | 'application/x-ndjson'
    | 'text/csv'
    | 'text/event-stream'
    | null;
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
