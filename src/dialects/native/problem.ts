import { DomainError, type DomainErrorCode } from '../../domain/errors.ts';
import { TransferError } from '../../domain/transfer/errors.ts';
import { FormRefusal } from '../kit/operations.ts';
import { transferRows } from './transfer-problems.ts';

/** Codes of the native API that the engine does not know. */
export type TransportCode =
  | 'unauthenticated'
  | 'forbidden'
  | 'foreign-origin'
  | 'too-many-sign-ins'
  | 'invalid-request'
  | 'invalid-schedule'
  | 'no-such-operation'
  | 'log-not-found'
  | 'attempt-not-found'
  | 'too-large'
  | 'too-many-streams'
  | 'operation-refused'
  | 'internal';

/** An error answer after RFC 9457, with a stable `code` and the `fix`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly fix: string;
  readonly requestId: string;
  /** Each fault by itself, where there can be several. */
  readonly faults?: readonly Fault[];
  /** Code of the dialect whose operation was refused, e.g. `InvalidParameter.NotEmpty`. */
  readonly wireCode?: string;
}

/** One fault of a request: where it is, its kind for programs, and what is wrong. */
export interface Fault {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

interface Row {
  readonly status: number;
  readonly title: string;
  readonly fix: string;
}

/** A refusal of the transport: authentication, shape, routing. */
export class ProblemError extends Error {
  readonly code: TransportCode;
  readonly fix: string | null;

  constructor(code: TransportCode, detail: string, fix: string | null = null) {
    super(detail);
    this.name = 'ProblemError';
    this.code = code;
    this.fix = fix;
  }
}

/** Most faults that one answer names. */
const maxFaults = 100;
/** Most faults that its `detail` tells in words. */
const maxToldFaults = 5;

/** A part of a request that is not valid, with every fault. */
abstract class FaultsError extends ProblemError {
  readonly faults: readonly Fault[];

  constructor(transportCode: TransportCode, faults: readonly Fault[]) {
    const told = faults.slice(0, maxToldFaults).map(({ path, message }) => `${path}: ${message}`);
    const more = faults.length - told.length;
    super(transportCode, told.join('; ') + (more > 0 ? `; and ${more} more` : ''));
    this.faults = faults.slice(0, maxFaults).map(({ path, code, message }) => {
      return { path, code, message };
    });
  }
}

/** A schedule that is not valid, with every fault. */
export class ScheduleFaultError extends FaultsError {
  constructor(faults: readonly Fault[]) {
    super('invalid-schedule', faults);
    this.name = 'ScheduleFaultError';
  }
}

/** A request that does not fit its schema, with every fault. */
export class ShapeFaultError extends FaultsError {
  constructor(faults: readonly Fault[]) {
    super('invalid-request', faults);
    this.name = 'ShapeFaultError';
  }
}

const seeList = 'List what exists: longshore';

/** Total: a new domain code does not compile until it has an answer here. */
const domainRows: Readonly<Record<DomainErrorCode, Row>> = {
  'template-not-found': {
    status: 404,
    title: 'No such template',
    fix: `${seeList} templates list`,
  },
  'template-suspended': {
    status: 409,
    title: 'The template is suspended',
    fix: 'Resume it: longshore templates resume TEMPLATE',
  },
  'template-deleting': {
    status: 409,
    title: 'The template is being deleted',
    fix: 'Wait until its runs have ended, or use another name.',
  },
  'run-not-found': { status: 404, title: 'No such run', fix: `${seeList} runs` },
  'instance-not-found': {
    status: 404,
    title: 'No such instance',
    fix: 'See the run: longshore runs show RUN',
  },
  'concurrency-forbidden': {
    status: 409,
    title: 'An unfinished run forbids another',
    fix: 'Wait for it or stop it: longshore stop RUN',
  },
  'replicas-quota-exceeded': {
    status: 409,
    title: 'Too many replicas',
    fix: 'Ask for fewer replicas or raise limits.replicasPerTemplate.',
  },
  'account-quota-exceeded': {
    status: 409,
    title: 'The account has too many replicas',
    fix: 'Delete templates or raise limits.replicasPerAccount.',
  },
  'queue-full': {
    status: 429,
    title: 'Too many unfinished runs',
    fix: 'Wait until runs end or raise limits.unfinishedRuns.',
  },
  'invalid-argument': {
    status: 400,
    title: 'Invalid argument',
    fix: 'Correct the value that the detail names.',
  },
  'key-not-found': { status: 404, title: 'No such key', fix: `${seeList} keys list` },
  'user-not-found': { status: 404, title: 'No such user', fix: `${seeList} users list` },
  'policy-not-found': { status: 404, title: 'No such policy', fix: `${seeList} policies list` },
  'policy-in-use': {
    status: 409,
    title: 'The policy is in use',
    fix: 'Detach it from its users first.',
  },
  'already-exists': { status: 409, title: 'It exists already', fix: 'Choose another name.' },
  'namespace-not-found': { status: 404, title: 'No such namespace', fix: 'Check its id.' },
  'namespace-in-use': {
    status: 409,
    title: 'The namespace is in use',
    fix: 'Delete its templates first.',
  },
  'config-map-not-found': { status: 404, title: 'No such ConfigMap', fix: 'Check its id.' },
  'config-map-in-use': {
    status: 409,
    title: 'The ConfigMap is in use',
    fix: 'Change the templates that refer to it first.',
  },
  'secret-not-found': { status: 404, title: 'No such Secret', fix: 'Check its id.' },
  'secret-in-use': {
    status: 409,
    title: 'The Secret is in use',
    fix: 'Change the templates that refer to it first.',
  },
  'link-not-found': {
    status: 404,
    title: 'There is no such link.',
    fix: 'List the links, or create it.',
  },
  'link-in-use': {
    status: 409,
    title: 'Jobs use this link.',
    fix: 'Delete or change these jobs first.',
  },
  'catalog-quota-exceeded': {
    status: 409,
    title: 'There are too many of these',
    fix: 'Delete some that are not needed.',
  },
  'stale-owner': {
    status: 503,
    title: 'This server was given up by the others',
    fix: 'Try again; it is joining anew.',
  },
  unavailable: {
    status: 503,
    title: 'Not available now',
    fix: 'Try again; see the server’s log and longshore doctor.',
  },
};

const transportRows: Readonly<Record<TransportCode, Row>> = {
  unauthenticated: {
    status: 401,
    title: 'Who asks is not known',
    fix: 'Send an access key (HTTP Basic) or the operator token (Bearer).',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    fix: 'Attach a policy that allows the action: longshore policies attach POLICY USER',
  },
  'foreign-origin': {
    status: 403,
    title: 'The request does not come from the console',
    fix: 'Use the console at its own address, or an access key (HTTP Basic) without the cookie. Behind a proxy, set publicUrl.',
  },
  'too-many-sign-ins': {
    status: 429,
    title: 'Too many failed sign-ins',
    fix: 'Wait as long as the detail says.',
  },
  'invalid-request': {
    status: 400,
    title: 'The request does not fit its schema',
    fix: 'Compare it with /api/v1/openapi.json.',
  },
  'invalid-schedule': {
    status: 400,
    title: 'The schedule is not valid',
    fix: 'Correct what the faults name; try it with: longshore schedules preview',
  },
  'no-such-operation': {
    status: 404,
    title: 'No such operation',
    fix: 'See /api/v1/openapi.json.',
  },
  'log-not-found': {
    status: 404,
    title: 'No output is kept',
    fix: 'See the attempt’s state: longshore runs show RUN',
  },
  'attempt-not-found': {
    status: 404,
    title: 'No such attempt',
    fix: 'See the run’s attempts: longshore runs show RUN',
  },
  'too-large': {
    status: 413,
    title: 'The body is too large',
    fix: 'Send less or raise http.maxBodyBytes.',
  },
  'too-many-streams': {
    status: 429,
    title: 'Too many streams are open',
    fix: 'Close some, or read the log by offset.',
  },
  'operation-refused': {
    status: 400,
    title: 'The operation was refused',
    fix: 'Correct what the detail names; wireCode is what the API’s clients see.',
  },
  internal: {
    status: 500,
    title: 'The server failed',
    fix: 'Report it with the request id; the server’s log has the cause.',
  },
};

/** The answer for anything thrown; what is not a refusal of ours tells nothing of its inside. */
export function problemOf(error: unknown, requestId: string): Problem {
  const make = (code: string, row: Row, detail: string, fix: string | null): Problem => ({
    type: `urn:longshore:problem:${code}`,
    title: row.title,
    status: row.status,
    code,
    detail,
    fix: fix ?? row.fix,
    requestId,
  });
  if (error instanceof DomainError) {
    return make(error.code, domainRows[error.code], error.message, null);
  }
  if (error instanceof ProblemError) {
    const problem = make(error.code, transportRows[error.code], error.message, error.fix);
    return error instanceof FaultsError ? { ...problem, faults: error.faults } : problem;
  }
  if (error instanceof FormRefusal) {
    const row = { ...transportRows['operation-refused'], status: error.status };
    return { ...make('operation-refused', row, error.message, null), wireCode: error.code };
  }
  if (error instanceof TransferError) {
    return make(error.code, transferRows[error.code], error.message, null);
  }
  const status = statusOf(error);
  if (status === 413) {
    return make(
      'too-large',
      transportRows['too-large'],
      'the request body is larger than allowed',
      null,
    );
  }
  if (status >= 400 && status < 500 && error instanceof Error) {
    return make(
      'invalid-request',
      { ...transportRows['invalid-request'], status },
      error.message,
      null,
    );
  }
  return make(
    'internal',
    transportRows.internal,
    'an unexpected error; nothing is known about its effect',
    null,
  );
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  return typeof status === 'number' ? status : 500;
}
