import type { User } from '../../domain/access.ts';

/** Who asks, once it is proved, and from where. */
export interface Requester {
  readonly user: User;
  /** Empty when no access key proved it. */
  readonly keyId: string;
  /** Whether its credentials are temporary. */
  readonly temporary: boolean;
  readonly sourceIp: string;
  readonly secure: boolean;
  /** The request's place in a trace, as it says; unchecked. */
  readonly traceparent?: string | null;
}
