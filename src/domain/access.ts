/**
 * Who may do what. Deny by default: a request passes only when a statement allows it and none
 * denies it. The document language is the RAM one (sae.md §3.7) for every dialect.
 */

/** An access key as stored; the secret itself never leaves the store but decrypted for signing. */
export interface AccessKey {
  readonly id: string;
  readonly user: string;
  readonly enabled: boolean;
  readonly createdAtMs: number;
  /** Set for temporary credentials: the security token that must come with the key. */
  readonly securityToken: string | null;
  readonly expiresAtMs: number | null;
}

/** A user that keys belong to and policies are attached to. */
export interface User {
  readonly name: string;
  /** The account's root passes every check. */
  readonly root: boolean;
  readonly policies: readonly string[];
  readonly createdAtMs: number;
}

/** A named policy document. Built-in ones cannot be changed. */
export interface Policy {
  readonly name: string;
  readonly document: PolicyDocument;
  readonly builtIn: boolean;
}

export interface PolicyDocument {
  readonly Version: '1';
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<
    Record<
      string,
      Readonly<Record<string, string | boolean | number | readonly (string | boolean | number)[]>>
    >
  >;
}

/** What is asked of the policies. */
export interface AccessRequest {
  /** `<service>:<Operation>`, e.g. `sae:ExecJob`. */
  readonly action: string;
  /** Resource names the operation touches; `*` when it has none. */
  readonly resource: string;
  /** Condition keys, e.g. `acs:SourceIp`. */
  readonly context: Readonly<Record<string, string>>;
}

export type AccessDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly kind: 'ImplicitDeny' | 'ExplicitDeny' };
