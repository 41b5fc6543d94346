/** What an operator can choose about links and jobs. */
export interface TransferSettings {
  /** Environment variables of clusters, by the cluster's name or id (cdm.md §6.1). */
  readonly environment: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Zone of schedules and macros: IANA name or offset. */
  readonly timezone: string;
  /** What the macro `${version}` says. */
  readonly version: string;
  /** Whether creating and updating a link connects (cdm.md §3.13). */
  readonly testLinks: boolean;
  /** Whether inputs that are not known are refused (Cdm.0089) instead of kept. */
  readonly strict: boolean;
  readonly csvQuoteStyle: 'rfc4180' | 'legacy';
  /** What is compared after a load. */
  readonly proof: 'none' | 'counts' | 'checksums' | 'rows';
}

/** The settings of an operator who chose nothing. */
export const defaultTransferSettings: TransferSettings = {
  environment: {},
  timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  version: '2.9.2.200',
  testLinks: true,
  strict: false,
  csvQuoteStyle: 'rfc4180',
  proof: 'checksums',
};

/** Variables of a cluster; what is said for its id wins. */
export function environmentOf(
  { environment }: TransferSettings,
  cluster: { readonly id: string; readonly name: string },
): Readonly<Record<string, string>> {
  const own = (key: string) => (Object.hasOwn(environment, key) ? environment[key] : undefined);
  return { ...own(cluster.name), ...own(cluster.id) };
}
