import { createHash } from 'node:crypto';

/** What an instance's id names. */
export interface InstanceName {
  readonly appName: string;
  readonly jobId: string;
  /** 0-based. */
  readonly index: number;
}

const idPattern =
  /^(.{1,36})-((?:manual|event)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:-\d{2})?)-(\d{1,5})-([0-9a-z]{5})$/;

/**
 * `<AppName>-<JobId>-<index>-<5 lower-case alphanumerics>` (sae.md §1.1). The five characters are
 * a check made from the rest: the id never changes, needs no record, and one that was made up is
 * told from a real one.
 */
export function instanceId(name: InstanceName): string {
  const stem = `${name.appName}-${name.jobId}-${name.index}`;
  return `${stem}-${check(stem)}`;
}

/** Reads an id back; null when it has another shape or its check is wrong. */
export function parseInstanceId(id: string): InstanceName | null {
  const [, appName, jobId, digits] = idPattern.exec(id) ?? [];
  if (appName === undefined || jobId === undefined || digits === undefined) return null;
  const name = { appName, jobId, index: Number(digits) };
  return instanceId(name) === id ? name : null;
}

function check(stem: string): string {
  const digest = createHash('sha256').update(stem).digest();
  return (digest.readUIntBE(0, 6) % 36 ** 5).toString(36).padStart(5, '0');
}
