import type { DomainErrorCode } from '../../domain/errors.ts';
import { WireError } from '../huawei/errors.ts';
import type { ShapeFault } from '../huawei/operation.ts';

/**
 * Codes that this server answers with, their HTTP status and their text; each `%s` is filled in
 * order (cdm.md §2.4 and appendix A).
 */
const rows = {
  'Cdm.0000': [500, 'The system is abnormal: see the log of the server for request %s.'],
  'Cdm.0004': [400, 'The value of [%s] has the wrong type: it %s.'],
  'Cdm.0010': [400, 'The value of [%s] is outside its range: it %s.'],
  'Cdm.0014': [400, 'The parameter is invalid: %s'],
  'Cdm.0018': [400, 'The content of the request is invalid: %s'],
  'Cdm.0024': [400, 'The value of [%s] is outside the given range: it %s.'],
  'Cdm.0031': [400, 'The submission could not be created: %s'],
  'Cdm.0032': [403, 'You do not have the permission %s.'],
  'Cdm.0037': [503, 'The job cannot be submitted: %s'],
  'Cdm.0052': [400, 'Job [%s] is running.'],
  'Cdm.0053': [400, 'Job [%s] is not running.'],
  'Cdm.0054': [400, 'Job [%s] does not exist.'],
  'Cdm.0055': [400, 'The type is not supported: %s'],
  'Cdm.0059': [400, 'Job [%s] is disabled.'],
  'Cdm.0060': [400, 'Link [%s] is disabled.'],
  'Cdm.0061': [400, 'Connector [%s] does not support the direction %s.'],
  'Cdm.0062': [400, 'Binary transfer is possible between file connectors only: %s'],
  'Cdm.0064': [400, 'The data format does not fit: %s'],
  'Cdm.0065': [400, 'The timer is invalid: %s'],
  'Cdm.0085': [400, 'The value of [%s] is above its maximum of %s.'],
  'Cdm.0089': [400, 'The configuration item [%s] does not exist.'],
  'Cdm.0095': [400, 'Job [%s] does not exist.'],
  'Cdm.0100': [400, 'Job [%s] does not exist.'],
  'Cdm.0101': [404, 'Link [%s] does not exist.'],
  'Cdm.0102': [400, 'Connector [%s] does not exist.'],
  'Cdm.0104': [400, 'A job called [%s] exists already.'],
  'Cdm.0201': [404, 'Cluster [%s] does not exist.'],
  'Cdm.0202': [400, 'Cluster [%s] cannot do this in its state: %s.'],
  'Cdm.0238': [400, '[%s] must not be blank.'],
  'Cdm.0315': [400, 'A link called [%s] exists already.'],
  'Cdm.0316': [400, 'Link [%s] cannot be updated: it does not exist.'],
  'Cdm.0317': [400, 'Link [%s] is invalid: %s'],
  'Cdm.0319': [400, 'Job [%s] cannot be updated: it does not exist.'],
  'Cdm.0320': [400, 'Job [%s] is invalid: %s'],
  'Cdm.0321': [400, 'Link [%s] is used by a job: %s'],
  'Cdm.0411': [400, 'The file server cannot be reached: %s'],
  'Cdm.0901': [500, 'The link could not be tested: %s'],
  'Cdm.0913': [400, 'Neither a table nor an SQL statement is given.'],
} as const satisfies Readonly<Record<string, readonly [status: number, text: string]>>;

/** One of the codes that this server answers with. */
export type CdmErrorCode = keyof typeof rows;

/** Longest text that fills a place in a message. */
const fillLimit = 2_000;

/** An error of the table, its places filled in order. */
export function cdmError(code: CdmErrorCode, ...fills: readonly string[]): WireError {
  return cdmErrorWith(code, {}, ...fills);
}

/**
 * The same with further members of the body, e.g. `validation-result`, or another status where the
 * contract has one: a link that is named by a job and missing is a 400.
 */
export function cdmErrorWith(
  code: CdmErrorCode,
  options: { readonly status?: number; readonly extra?: Readonly<Record<string, unknown>> },
  ...fills: readonly string[]
): WireError {
  const [status, text] = rows[code];
  let next = 0;
  const message = text.replaceAll('%s', () => {
    const fill = fills[next] ?? '';
    next += 1;
    return fill.slice(0, fillLimit);
  });
  return new WireError(options.status ?? status, code, message, options.extra);
}

/** What a request of the wrong shape gets (cdm.md §2.4, static validation). */
export function misshapen({ part, kind, where, rule }: ShapeFault): WireError {
  const name = where === '' ? part : where;
  switch (kind) {
    case 'not-json':
      return cdmError('Cdm.0018', `the body ${rule}.`);
    case 'missing':
    case 'blank':
      return cdmError('Cdm.0238', name);
    case 'range':
      return cdmError('Cdm.0010', name, rule);
    case 'type':
      return where === ''
        ? cdmError('Cdm.0018', `the ${part} ${rule}.`)
        : cdmError('Cdm.0004', name, rule);
    default:
      return cdmError('Cdm.0014', `[${name}] ${rule}.`);
  }
}

type Details = Readonly<Record<string, string | number>>;

const invalid = (_: Details, message: string): WireError => cdmError('Cdm.0014', message);
const busy = (_: Details, message: string): WireError => cdmError('Cdm.0037', message);

/** What clients see of the engine's refusals; operations say better where they know more. */
export const domainErrors: Readonly<
  Record<DomainErrorCode, (details: Details, message: string) => WireError>
> = {
  'template-not-found': (details) => cdmError('Cdm.0100', String(details['template'] ?? '')),
  'template-suspended': (details) => cdmError('Cdm.0059', String(details['template'] ?? '')),
  'template-deleting': (details) => cdmError('Cdm.0100', String(details['template'] ?? '')),
  'run-not-found': invalid,
  'instance-not-found': invalid,
  'concurrency-forbidden': (details) => cdmError('Cdm.0052', String(details['template'] ?? '')),
  'replicas-quota-exceeded': invalid,
  'account-quota-exceeded': invalid,
  'queue-full': busy,
  'invalid-argument': invalid,
  'key-not-found': invalid,
  'user-not-found': invalid,
  'policy-not-found': invalid,
  'policy-in-use': invalid,
  'already-exists': invalid,
  'namespace-not-found': invalid,
  'namespace-in-use': invalid,
  'config-map-not-found': invalid,
  'config-map-in-use': invalid,
  'secret-not-found': invalid,
  'secret-in-use': invalid,
  'catalog-quota-exceeded': invalid,
  'link-not-found': (details) => cdmError('Cdm.0101', String(details['link'] ?? '')),
  'link-in-use': (details, message) => cdmError('Cdm.0321', String(details['link'] ?? ''), message),
  'stale-owner': busy,
  unavailable: busy,
};
