import { createSecretKey, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** A secret in the two forms that the schemes sign with, prepared once per access key. */
export interface SigningKeys {
  /** The raw secret: V3 and V1 ROA. */
  readonly plain: KeyObject;
  /** The secret followed by `&`: RPC V1. */
  readonly rpc: KeyObject;
}

/** Prepares a secret for verification. */
export function createSigningKeys(secret: string): SigningKeys {
  return {
    plain: createSecretKey(secret, 'utf8'),
    rpc: createSecretKey(`${secret}&`, 'utf8'),
  };
}

/** What a request says about its signer, before any of it is believed. */
export interface Claim {
  readonly scheme: 'v3' | 'roa' | 'rpc';
  readonly keyId: string;
  /** Null: the classic Go client signs V1 ROA requests without one. */
  readonly nonce: string | null;
  /** What was presented; tells two requests apart that bring no nonce. */
  readonly signature?: string;
  /** When it was signed; NaN when absent or unparsable. */
  readonly signedAtMs: number;
  readonly securityToken: string | undefined;
  /** @throws WireError `SignatureDoesNotMatch` with the server's string to sign. */
  verify(keys: SigningKeys): void;
}

/** Compares a presented signature or token with the true one in time that depends on neither. */
export function equalSecret(presented: string, expected: string): boolean {
  const left = Buffer.from(presented, 'utf8');
  const right = Buffer.from(expected, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}
