import type { Static, TObject, TSchema } from 'typebox';
import type { User } from '../../domain/access.ts';
import type { DomainErrorCode } from '../../domain/errors.ts';
import type { WireError } from './errors.ts';

/** A project: what owns clusters. SDKs look it up by the region's name (cdm.md §2.2). */
export interface Project {
  /** 32 lower-case hex digits. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
}

/** Who asks, proved by a signature or a token. */
export interface Caller {
  readonly user: User;
  /** Null when a token proved it. */
  readonly keyId: string | null;
  readonly sourceIp: string;
}

/** One authenticated, authorised and validated call. */
export interface HuaweiCall<P = unknown, Q = unknown, B = unknown> {
  /** Path parameters, percent-decoded once. */
  readonly params: P;
  readonly query: Q;
  /** Without members that were null; `{}` when the request has none (cdm.md §2.1). */
  readonly body: B;
  readonly caller: Caller;
  /** Of the path; null for products that have none in it. */
  readonly project: Project | null;
  /** `X-Language`; changes nothing but texts. */
  readonly language: 'en-us' | 'zh-cn';
  readonly requestId: string;
  /** Value of a header by lower-case name; undefined when absent. */
  header(name: string): string | undefined;
}

/** What a handler answers. */
export interface HuaweiReply {
  readonly status: 200 | 201 | 202;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type HuaweiMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';

/** What an operation is without its code. */
export interface HuaweiOperationInfo {
  /** The SDK's name, e.g. `createJob`. */
  readonly name: string;
  /** Action that policies are asked about, e.g. `cdm:job:create`; null = any known user may. */
  readonly action: string | null;
  /** Actions that must be allowed besides: of a call that does two things. */
  readonly alsoActions?: readonly string[];
  readonly method: HuaweiMethod;
  /** Other methods that real clients use for it. */
  readonly alsoMethods?: readonly HuaweiMethod[];
  /** After the product's base, parameters in braces: `/clusters/{cluster_id}`. */
  readonly path: string;
  /** What it does, in a sentence, for the coverage page. */
  readonly summary: string;
  /** Members are read from text; unknown ones are ignored. */
  readonly query?: TObject;
  /** Unknown members are ignored. */
  readonly body?: TSchema;
  /** True = asked without credentials: signing in. */
  readonly open?: boolean;
  /** Whether it starts a run and does nothing else: its line in the audit log may come later. */
  readonly starts?: boolean;
  /** Absent = as much as the family allows. */
  readonly maxBodyBytes?: number;
}

/** One operation: one file under `dialects/<product>/operations/`. */
export interface HuaweiOperation<Services> extends HuaweiOperationInfo {
  /** What policies are asked about, at least one; absent = `*`. Must not throw. */
  resource?(call: HuaweiCall, services: Services): string | readonly [string, ...string[]];
  /** Of an open one: the user who it says to be; empty when there is no such user. */
  claimedUser?(call: HuaweiCall, services: Services): Promise<string>;
  handle(call: HuaweiCall, services: Services): Promise<HuaweiReply>;
}

/** What is wrong with a part of a request that does not have the shape of its schema. */
export interface ShapeFault {
  readonly part: 'query' | 'body';
  readonly kind: 'not-json' | 'missing' | 'blank' | 'type' | 'range' | 'choice' | 'other';
  /** Dotted name of the member, e.g. `cluster.name`; empty = the whole part. */
  readonly where: string;
  /** What it must be, as words. */
  readonly rule: string;
}

/** One product of the family: its operations and how it answers. */
export interface Product<Services> {
  readonly name: string;
  /**
   * Paths before those of operations, the first is the usual one, e.g. `/v1.1/{project_id}`. The
   * only parameter is `project_id`; with it, callers must belong to that project.
   */
  readonly bases: readonly string[];
  readonly operations: readonly HuaweiOperation<Services>[];
  readonly services: Services;
  /** Members of the path after the base as operations know them: spells out aliases. */
  canonicalPath?(segments: readonly string[]): readonly string[];
  /** JSON value of a failure. */
  failureBody(error: WireError, requestId: string): unknown;
  /** What a caller gets whom no policy lets in. */
  denied(action: string): WireError;
  /** What a caller gets whose request has the wrong shape. */
  misshapen(fault: ShapeFault): WireError;
  /** What is answered when the server failed; the cause is in its log. */
  internalError(requestId: string): WireError;
  /** Total map from the engine's refusals to wire errors; a missing one does not compile. */
  readonly errors: Readonly<
    Record<
      DomainErrorCode,
      (details: Readonly<Record<string, string | number>>, message: string) => WireError
    >
  >;
}

/** Parameters that a path template names. */
export type PathParams<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Readonly<Record<Name, string>> & PathParams<Rest>
  : unknown;

/** The type of a schema's values; unknown without one. */
export type Shape<S> = S extends TSchema ? Static<S> : unknown;
