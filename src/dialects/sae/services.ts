import { defaultAdmissionLimits } from '../../domain/admission.ts';
import { defaultBackoff } from '../../domain/policies.ts';
import type { DialectContext } from '../kit/dialect.ts';

/** What an operator can choose about the SAE surface. */
export interface SaeSettings {
  /** Namespaces besides the default one (whose id is the region), as `<region>:<short>`. */
  readonly namespaces: readonly string[];
  /**
   * `field`: Suspend=true suspends, as the read-back field means. `manual`: Suspend=true
   * starts, as the manual prints (sae.md §7.1 C1).
   */
  readonly suspendSemantics: 'field' | 'manual';
  /** Highest Replicas of a template; the engine's own limit must be the same. */
  readonly replicasPerTemplate: number;
  /** Highest Replicas the account allows; the engine's own limit must be the same. */
  readonly replicasPerAccount: number;
  /** First and longest wait between retries of a run (sae.md §4.3.9). */
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
  /** PHP runtime of PhpZip templates that name none; null = there is none. */
  readonly phpRuntime: string | null;
}

/** The settings of an operator who chose nothing. */
export const defaultSaeSettings: SaeSettings = {
  namespaces: [],
  suspendSemantics: 'field',
  replicasPerTemplate: defaultAdmissionLimits.replicasPerTemplate,
  replicasPerAccount: defaultAdmissionLimits.replicasPerAccount,
  backoffMs: defaultBackoff.backoffMs,
  backoffMaxMs: defaultBackoff.backoffMaxMs,
  phpRuntime: 'php',
};

/** What every SAE operation is handed. */
export interface SaeServices {
  readonly context: DialectContext;
  readonly settings: SaeSettings;
}
