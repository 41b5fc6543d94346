/**
 * Every reason the engine can refuse something, as a closed set.
 *
 * Each dialect maps these with a total `Record<DomainErrorCode, …>`, so a code added here
 * does not compile until every dialect says what its clients see.
 */
export const domainErrorCodes = [
  'template-not-found',
  'template-suspended',
  'template-deleting',
  'run-not-found',
  'instance-not-found',
  'concurrency-forbidden',
  'replicas-quota-exceeded',
  'account-quota-exceeded',
  'queue-full',
  'invalid-argument',
  'key-not-found',
  'user-not-found',
  'policy-not-found',
  'policy-in-use',
  'already-exists',
  'namespace-not-found',
  'namespace-in-use',
  'config-map-not-found',
  'config-map-in-use',
  'secret-not-found',
  'secret-in-use',
  'catalog-quota-exceeded',
  'link-not-found',
  'link-in-use',
  'stale-owner',
  'unavailable',
] as const;

/** One of the closed set of refusals. */
export type DomainErrorCode = (typeof domainErrorCodes)[number];

/**
 * A refusal with its cause: what was wrong, where (`details`), and in `message` what to do.
 * It is an answer to a caller, never a fault of the server.
 */
export class DomainError extends Error {
  readonly code: DomainErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    code: DomainErrorCode,
    message: string,
    details: Readonly<Record<string, string | number>> = {},
  ) {
    super(message);
    this.name = 'DomainError';
    this.code = code;
    this.details = details;
  }
}
