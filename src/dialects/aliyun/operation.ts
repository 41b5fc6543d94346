import type { DomainErrorCode } from '../../domain/errors.ts';
import type { WireError } from './errors.ts';

/** Who signed the request. */
export interface Caller {
  readonly user: string;
  readonly keyId: string;
  readonly sourceIp: string;
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

/** How a product writes its answers. */
export interface Envelope {
  /** JSON text of a success. */
  success(reply: Reply, ids: ExchangeIds): string;
  /** JSON text of a failure. `host` is the Host header as received. */
  failure(error: WireError, ids: ExchangeIds, host: string): string;
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
  /** The operation's name; the RAM action is `<ramCode>:<name>`. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** ROA path, exact and case-sensitive. */
  readonly path: string;
  readonly parameters: readonly ParameterInfo[];
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
