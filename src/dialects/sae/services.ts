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
  /** Runtimes of packages that the operator configured, known besides those of the contract. */
  readonly runtimes: readonly { readonly name: string; readonly inContainer: boolean }[];
  /** Whether what SlsConfigs asks for is collected. */
  readonly logCollection: boolean;
  /** Whether DescribeJob returns OssAkSecret in clear instead of masked (sae.md §7.2 U28). */
  readonly showOssSecret: boolean;
  /** Whether a new PackageUrl needs a new PackageVersion (`App.Package.Version.Exists`). */
  readonly packageVersionOnce: boolean;
  /** Whether CreateJob and UpdateJob are refused for now (`System.Upgrading`). */
  readonly maintenance: boolean;
  /** Base address of webhooks as the outside sees it; null = `baseUrl()`. */
  readonly webhookUrl: string | null;
  /** Base address of webhooks as the inside sees it; null = the same as outside. */
  readonly webhookInnerUrl: string | null;
  /** Whether a job that a webhook started finds the request's body in `SAE_EVENT_DATA`. */
  readonly webhookEventData: boolean;
  /** Whether webhook rules believe `X-Forwarded-For` and `X-Forwarded-Proto`. */
  readonly trustForwardedHeaders: boolean;
  /** Address that clients reach this server by, without a path. */
  baseUrl(): string;
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
  runtimes: [],
  logCollection: true,
  showOssSecret: false,
  packageVersionOnce: false,
  maintenance: false,
  webhookUrl: null,
  webhookInnerUrl: null,
  webhookEventData: false,
  trustForwardedHeaders: false,
  baseUrl: () => 'http://127.0.0.1:8480',
};

/** What every SAE operation is handed. */
export interface SaeServices {
  readonly context: DialectContext;
  readonly settings: SaeSettings;
}
