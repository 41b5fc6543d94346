import { DomainError } from './errors.ts';
import type { ConcurrencyPolicy } from './policies.ts';
import type { Hold } from './run.ts';

/** What the admission transaction knows when it decides. */
export interface AdmissionFacts {
  readonly templateId: string;
  readonly templateName: string;
  readonly suspended: boolean;
  readonly policy: ConcurrencyPolicy;
  readonly replicas: number;
  /** Whether the start is wanted later than now. */
  readonly delayed: boolean;
  /** Whether this template has an unfinished run. */
  readonly hasUnfinished: boolean;
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
  if (facts.policy === 'forbid' && facts.hasUnfinished) {
    return refuse(
      'concurrency-forbidden',
      `template ${facts.templateName} forbids a second run and one is unfinished`,
      where,
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
  const replaces = facts.policy === 'replace' && facts.hasUnfinished && !facts.delayed;
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
