/**
 * One call of an SDK and what its typed answer must hold, as data, so that every language goes the
 * same way. Texts that begin with `$` stand for what an earlier step kept.
 */
export interface Step {
  readonly action: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Values of the typed answer by dotted path; a number is an index, `length` that of a list. */
  readonly answers?: Readonly<Record<string, unknown>>;
  /** What later steps need: its name, and where the typed answer has it. */
  readonly keeps?: Readonly<Record<string, string>>;
  /** Asks again until the answer is as said: for what happens by itself. */
  readonly eventually?: true;
  /** A business failure with this message: HTTP 200, Code 400, no data (schedulerx.md §3). */
  readonly fails?: RegExp;
  /** An error of the gateway. */
  readonly refused?: { readonly code: string; readonly status: number };
  /** Left out where the SDK lacks this other operation. */
  readonly after?: string;
  /** Left out for SDKs that do not send empty values. */
  readonly sendsEmpty?: true;
  /** Lacks a required parameter: left out for SDKs that notice it themselves. */
  readonly incomplete?: true;
}

/** Parameters of almost every operation. */
export const at = { RegionId: 'cn-hangzhou', Namespace: '$namespace' } as const;
export const app = { ...at, NamespaceSource: 'schedulerx', GroupId: 'compat.group' } as const;

/** Survives no codec that is careless: blanks, what URLs and forms escape, what is not Latin. */
export const oddText = 'räksmörgås 夜 *~+&=%2A\'()!"/?#';
