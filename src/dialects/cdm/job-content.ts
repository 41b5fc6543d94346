/** Reading a job off the wire (cdm.md §3.2). */
import { cdmError } from './errors.ts';
import { checkName } from './names.ts';
import { type JobContent, jobTypes } from './translate/job.ts';
import { readConfigValues } from './values/config-values.ts';
import { keepSecrets } from './values/secrets.ts';

/** A job as a request gives it. */
export interface WireJob extends JobContent {
  readonly fromLink: string;
  readonly toLink: string;
  /** Empty = that of the link. */
  readonly fromConnector: string;
  readonly toConnector: string;
  readonly enabled: boolean;
}

/** Longest name of a job. */
export const maxJobNameChars = 240;

/**
 * @param previous what is kept of the job: its secrets stand for placeholders.
 * @throws WireError Cdm.0238, Cdm.0018, Cdm.0004, Cdm.0014, Cdm.0024.
 */
export function readWireJob(
  raw: Readonly<Record<string, unknown>>,
  where: string,
  previous: Pick<JobContent, 'from' | 'to' | 'driver'> | null,
): WireJob {
  const text = (name: string): string => {
    const value = raw[name];
    if (value === undefined || value === null) return '';
    if (typeof value !== 'string') throw cdmError('Cdm.0004', `${where}.${name}`, 'must be a text');
    return value;
  };
  // As it is: names may begin and end with spaces.
  const required = (name: string): string => {
    const value = text(name);
    if (value.trim() === '') throw cdmError('Cdm.0238', `${where}.${name}`);
    return value;
  };
  const group = (name: string, mustBe: boolean) => {
    if (mustBe && (raw[name] === undefined || raw[name] === null)) {
      throw cdmError('Cdm.0238', `${where}.${name}`);
    }
    return readConfigValues(raw[name], `${where}.${name}`);
  };
  const name = checkName(raw['name'], `${where}.name`, maxJobNameChars);
  const type = text('job_type').trim();
  const jobType =
    type === '' ? 'NORMAL_JOB' : jobTypes.find((known) => known === type.toUpperCase());
  if (jobType === undefined) {
    throw cdmError('Cdm.0024', `${where}.job_type`, `must be one of ${jobTypes.join(', ')}`);
  }
  const { enabled = true } = raw;
  if (typeof enabled !== 'boolean') {
    throw cdmError('Cdm.0004', `${where}.enabled`, 'must be true or false');
  }
  return {
    name,
    jobType,
    fromLink: required('from-link-name'),
    toLink: required('to-link-name'),
    fromConnector: text('from-connector-name').trim(),
    toConnector: text('to-connector-name').trim(),
    from: keepSecrets(group('from-config-values', true), previous?.from ?? null),
    to: keepSecrets(group('to-config-values', true), previous?.to ?? null),
    driver: keepSecrets(group('driver-config-values', false), previous?.driver ?? null),
    enabled,
  };
}
