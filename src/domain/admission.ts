import { DomainError } from './errors.ts';
import type { ConcurrencyPolicy } from './policies.ts';
import type { Hold } from './run.ts';
import type { JobSpec } from './template.ts';

/** What the admission transaction knows when it decides. */
export interface AdmissionFacts {
  readonly templateId: string;
  readonly templateName: string;
  readonly suspended: boolean;
  readonly policy: ConcurrencyPolicy;
  readonly replicas: number;
  /** Whether the start is wanted later than now. */
  readonly delayed: boolean;
  /** Most unfinished runs of this template; absent = any number. */
  readonly maxUnfinished?: number | undefined;
  /** Unfinished runs of this template, counted up to `unfinishedToCount`. */
  readonly unfinishedOfTemplate: number;
  /** Unfinished runs of the whole server. */
  readonly unfinishedRuns: number;
}

/** Named bounds that admission keeps. */
export interface AdmissionLimits {
  readonly replicasPerTemplate: number;
  readonly replicasPerAccount: number;
  readonly unfinishedRuns: number;
}

export const defaultAdmissionLimits: AdmissionLimits = {
  replicasPerTemplate: 50,
  replicasPerAccount: 500,
  unfinishedRuns: 100_000,
};

/** How far the unfinished runs of a template have to be counted to decide; 0 = nobody asks. */
export function unfinishedToCount(spec: Pick<JobSpec, 'concurrency' | 'maxUnfinished'>): number {
  return Math.max(spec.maxUnfinished ?? 0, spec.concurrency === 'allow' ? 0 : 1);
}

export type AdmissionDecision =
  | { readonly kind: 'refuse'; readonly error: DomainError }
  | {
      readonly kind: 'accept';
      /** True when the unfinished runs must be stopped first. */
      readonly replaces: boolean;
      readonly hold: Hold | null;
    };

/**
 * Decides in the order of the contract: suspended, concurrency policy, quota (sae.md §4.4).
 * The template's own limit counts every unfinished run, also those that a Replace would stop.
 * A delayed Replace replaces when it comes due, not when it is accepted: until then nothing
 * is late, so nothing has to make room.
 */
export function decideAdmission(facts: AdmissionFacts, limits: AdmissionLimits): AdmissionDecision {
  const where = { templateId: facts.templateId };
  if (facts.suspended) {
    return refuse(
      'template-suspended',
      `template ${facts.templateName} is suspended; resume it first`,
      where,
    );
  }
  const hasUnfinished = facts.unfinishedOfTemplate > 0;
  if (facts.policy === 'forbid' && hasUnfinished) {
    return refuse(
      'concurrency-forbidden',
      `template ${facts.templateName} forbids a second run and one is unfinished`,
      where,
    );
  }
  const { maxUnfinished } = facts;
  if (maxUnfinished !== undefined && facts.unfinishedOfTemplate >= maxUnfinished) {
    return refuse(
      'concurrency-forbidden',
      `template ${facts.templateName} allows ${maxUnfinished} unfinished runs and has as many; wait, or stop one`,
      { ...where, limit: maxUnfinished },
    );
  }
  if (facts.replicas > limits.replicasPerTemplate) {
    return refuse(
      'replicas-quota-exceeded',
      `at most ${limits.replicasPerTemplate} instances per template`,
      {
        ...where,
        limit: limits.replicasPerTemplate,
      },
    );
  }
  if (facts.replicas > limits.replicasPerAccount) {
    return refuse(
      'account-quota-exceeded',
      `at most ${limits.replicasPerAccount} instances per account`,
      {
        ...where,
        limit: limits.replicasPerAccount,
      },
    );
  }
  if (facts.unfinishedRuns >= limits.unfinishedRuns) {
    return refuse(
      'queue-full',
      `${limits.unfinishedRuns} runs are unfinished already; wait, stop some, or raise limits.unfinishedRuns`,
      { ...where, limit: limits.unfinishedRuns },
    );
  }
  const replaces = facts.policy === 'replace' && hasUnfinished && !facts.delayed;
  return { kind: 'accept', replaces, hold: replaces ? 'replacing' : null };
}

/** What to do with a queued run that has come due. */
export type StartDecision =
  | { readonly kind: 'start' }
  | {
      readonly kind: 'hold';
      readonly hold: Hold;
      readonly reason: string;
      readonly replaces: boolean;
    }
  | { readonly kind: 'fail'; readonly reason: string };

/** Decides at the moment a queued run comes due (sae.md §7.2 U10). */
export function decideStart(facts: {
  readonly suspended: boolean;
  readonly policy: ConcurrencyPolicy;
  /** Whether an older run of the template, or one already started, is unfinished. */
  readonly hasOthersAhead: boolean;
}): StartDecision {
  if (facts.suspended) {
    return {
      kind: 'hold',
      hold: 'suspended',
      reason: 'the template is suspended; waits until it is resumed',
      replaces: false,
    };
  }
  if (facts.hasOthersAhead && facts.policy === 'forbid') {
    return {
      kind: 'fail',
      reason: 'not started: the template forbids a second run and one was unfinished at start time',
    };
  }
  if (facts.hasOthersAhead && facts.policy === 'replace') {
    return {
      kind: 'hold',
      hold: 'replacing',
      reason: 'waits until the runs it replaces have stopped',
      replaces: true,
    };
  }
  return { kind: 'start' };
}

function refuse(
  code:
    | 'template-suspended'
    | 'concurrency-forbidden'
    | 'replicas-quota-exceeded'
    | 'account-quota-exceeded'
    | 'queue-full',
  message: string,
  details: Record<string, string | number>,
): AdmissionDecision {
  return { kind: 'refuse', error: new DomainError(code, message, details) };
}
