import { Type } from 'typebox';
import { cdmError } from '../../errors.ts';
import { readWireJob, type WireJob } from '../../job-content.ts';

/** Most jobs in one request. */
const maxJobs = 100;

/** A job; what is in it is read by `readWireJob`, which tells more about what is wrong. */
export const wireObject = Type.Record(Type.String(), Type.Unknown());

export const jobs = Type.Array(wireObject, { minItems: 1, maxItems: maxJobs });

/** Jobs of a request. @throws WireError about the first that is wrong. */
export function readWireJobs(
  raw: readonly Readonly<Record<string, unknown>>[],
): readonly WireJob[] {
  return raw.map((job, index) => readWireJob(job, `jobs[${index}]`, null));
}

/** The only job of a request. @throws WireError Cdm.0014 for several. */
export function onlyJob(
  raw: readonly Readonly<Record<string, unknown>>[],
): Readonly<Record<string, unknown>> {
  const [job, second] = raw;
  if (job === undefined) throw cdmError('Cdm.0238', 'jobs');
  if (second !== undefined) throw cdmError('Cdm.0014', '[jobs] must hold one job here.');
  return job;
}
