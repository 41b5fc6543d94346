import './dialect-badge.css';

/** What each API calls itself; these are names and are not translated. */
export const dialectNames: Readonly<Record<string, string>> = {
  sae: 'SAE',
  schedulerx: 'SchedulerX',
  cdm: 'CDM',
  native: 'Longshore',
};

/** Which API something was made through. */
export function DialectBadge({ dialect }: { readonly dialect: string }) {
  return <span className="dialect-badge">{dialectNames[dialect] ?? dialect}</span>;
}
