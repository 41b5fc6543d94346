import type { Fault, Problem } from '../../../src/dialects/native/problem.ts';

/** A refusal of the server, as RFC 9457 problem details. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly fix: string;
  readonly requestId: string;
  readonly faults: readonly Fault[];
  /** What the clients of the refused operation's API see as its code; null = it has none. */
  readonly wireCode: string | null;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = 'ApiError';
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title;
    this.detail = problem.detail;
    this.fix = problem.fix;
    this.requestId = problem.requestId;
    this.faults = problem.faults ?? [];
    this.wireCode = problem.wireCode ?? null;
  }
}

/** The server could not be reached, or something else answered in its place. */
export class ConnectionError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConnectionError';
  }
}

/** Reads a refusal; what is none of ours (a proxy's page) counts as no connection. */
export async function errorOf(response: Response): Promise<ApiError | ConnectionError> {
  const type = response.headers.get('content-type') ?? '';
  if (!type.startsWith('application/problem+json')) {
    return new ConnectionError(`HTTP ${response.status}`);
  }
  try {
    return new ApiError((await response.json()) as Problem);
  } catch (cause) {
    return new ConnectionError(`HTTP ${response.status}`, { cause });
  }
}
