import type { DomainErrorCode } from '../../domain/errors.ts';
import type { WireError } from './errors.ts';

/** Who signed the request. */
export interface Caller {
  readonly user: string;
  readonly keyId: string;
  readonly sourceIp: string;
  /** The request's place in a trace, as it says; unchecked. */
  readonly traceparent?: string | null;
}

/**
 * Parameters of one request after merging query, form and JSON body (query wins, sae.md §2.2).
 * Absent and empty differ: `get` gives undefined or ''. Values are decoded text.
 */
export interface Params {
  get(name: string): string | undefined;
  has(name: string): boolean;
  readonly size: number;
}

/** One authenticated, authorised call. */
export interface Call {
  readonly params: Params;
  readonly caller: Caller;
  readonly requestId: string;
  /** The Host header as the client wrote it. */
  readonly host: string;
}

/** What a handler answers; the family's envelope wraps it (sae.md §2.4). */
export interface Reply {
  /** Value of `Data`; absent = no `Data` member. */
  readonly data?: unknown;
  /**
   * Further top-level members, e.g. paging of ListJobs. A name of the envelope replaces that
   * member, and undefined removes it (DescribeRegions: `Code` is a number and little else).
   */
  readonly top?: Readonly<Record<string, unknown>>;
  /** ListJobs and ListAppEvents carry no TraceId. */
  readonly omitTraceId?: boolean;
}

/** Identifiers of one exchange, in the body and in the headers. */
export interface ExchangeIds {
  /** Upper-case UUID whose third group starts with 5 (sae.md §2.4). */
  readonly requestId: string;
  /** 30 lower-case characters (sae.md §2.4). */
  readonly traceId: string;
}

/** In which form an answer is wanted. */
export interface AnswerForm {
  /** The operation as the request names it; empty when it names none. */
  readonly action: string;
  /** XML only where a V1 request asks for it, or names no format (schedulerx.md §1.3). */
  readonly format: 'JSON' | 'XML';
}

/** How a product writes its answers. */
export interface Envelope {
  /** Text of a success. */
  success(reply: Reply, ids: ExchangeIds, form: AnswerForm): string;
  /** Text of a failure. `host` is the Host header as received. */
  failure(error: WireError, ids: ExchangeIds, host: string, form: AnswerForm): string;
  /** Media type of a text, by the error it tells (null = success); absent = JSON always. */
  contentType?(form: AnswerForm, error: WireError | null): string;
}

/** How a parameter of an operation is treated; the coverage page is made from these. */
export interface ParameterInfo {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'boolean' | 'json';
  readonly required: boolean;
  readonly effect: 'acts' | 'stored' | 'refused';
  readonly note: string;
}

/** One RAM resource name, or at least one. */
export type Resources = string | readonly [string, ...string[]];

/** One API operation: one file under `dialects/<name>/operations/`. */
export interface Operation<Services> {
  /** The operation's name. */
  readonly name: string;
  /** What follows `<ramCode>:` in the RAM action; absent = the operation's name. */
  readonly ramAction?: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** ROA path, exact and case-sensitive. */
  readonly path: string;
  readonly parameters: readonly ParameterInfo[];
  /** Whether it starts a run and does nothing else: its line in the audit log may come later. */
  readonly starts?: boolean;
  /**
   * RAM resource the call touches, e.g. `acs:sae:<region>:<account>:application/<ns>/<AppId>`;
   * absent = the operation has no resource level. Not asked for the root user. Must not fail on
   * parameters that are missing or wrong: they are checked later.
   */
  resource?(params: Params, services: Services): Resources | Promise<Resources>;
  handle(call: Call, services: Services): Promise<Reply>;
}

/** One product of the Aliyun family: its operations and how they answer. */
export interface Product<Services> {
  readonly name: string;
  /** `x-acs-version` / `Version`. */
  readonly version: string;
  /** Prefix of RAM actions, e.g. `sae`. */
  readonly ramCode: string;
  readonly operations: readonly Operation<Services>[];
  readonly services: Services;
  /**
   * Served on `/` only, by Action: what is in the form wins over the query, JSON bodies count for
   * nothing, and signatures that do not cover the body are refused (schedulerx.md §1).
   */
  readonly rpcOnly?: boolean;
  /**
   * Whether something the product keeps (a grant) lets a user in whom no policy mentions. A policy
   * that denies is not overruled. Absent = policies alone decide.
   */
  grants?(user: string, operation: string, params: Params, services: Services): Promise<boolean>;
  /** Absent = the envelope of sae.md §2.4 and §2.5. */
  readonly envelope?: Envelope;
  /** Total map from the engine's refusals to wire errors; a missing one does not compile. */
  readonly errors: Readonly<
    Record<
      DomainErrorCode,
      (details: Readonly<Record<string, string | number>>, message: string) => WireError
    >
  >;
}
