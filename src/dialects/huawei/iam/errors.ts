import { domainErrorCodes, type DomainErrorCode } from '../../../domain/errors.ts';
import { WireError } from '../errors.ts';
import type { ShapeFault } from '../operation.ts';

/** IAM's own refusals (cdm.md §2.2). */
export const iamErrors = {
  badRequest: (reason: string) => new WireError(400, 'IAM.0011', `Invalid request: ${reason}`),
  wrongPassword: () => new WireError(401, 'IAM.0001', 'The username or password is wrong.'),
  locked: () =>
    new WireError(
      403,
      'IAM.0070',
      'The account is locked after too many wrong passwords: try again in 15 minutes.',
    ),
  forbidden: () =>
    new WireError(403, 'IAM.0002', 'You are not authorized to perform the requested action.'),
  quota: (message: string) => new WireError(403, 'IAM.0073', message),
  notFound: (what: string) => new WireError(404, 'IAM.0004', `Could not find ${what}.`),
  conflict: (what: string) => new WireError(409, 'IAM.1109', `Conflict: ${what} already exists.`),
  internal: (requestId: string) =>
    new WireError(500, 'IAM.0006', `An internal error occurred: see the log for ${requestId}.`),
  busy: () => new WireError(503, 'IAM.0007', 'The service is busy: try again later.'),
} as const;

/** What a request of the wrong shape gets. */
export function misshapen({ part, where, rule }: ShapeFault): WireError {
  return iamErrors.badRequest(`${where === '' ? part : where} ${rule}.`);
}

type Refusal = (details: Readonly<Record<string, string | number>>, message: string) => WireError;

const otherwise: Refusal = (_, message) => iamErrors.badRequest(message);

const particular: Partial<Record<DomainErrorCode, Refusal>> = {
  'user-not-found': (details) => iamErrors.notFound(`user ${String(details['user'] ?? '')}`),
  'already-exists': (details) => iamErrors.conflict(`project ${String(details['project'] ?? '')}`),
  'account-quota-exceeded': (_, message) => iamErrors.quota(message),
  unavailable: () => iamErrors.busy(),
};

/** What clients see of the engine's refusals: IAM meets few of them. */
export const domainErrors = Object.fromEntries(
  domainErrorCodes.map((code) => [code, particular[code] ?? otherwise]),
) as Readonly<Record<DomainErrorCode, Refusal>>;
