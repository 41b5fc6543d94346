import type { JobDocument } from '../job-document.ts';

const mapFields = [
  'ConsumerSize',
  'DispatcherSize',
  'PageSize',
  'QueueSize',
  'TaskAttemptInterval',
  'TaskDispatchMode',
  'TaskMaxAttempt',
  'XAttrs',
];
/** Types of job that run on workers of their own. */
const workerTypes = ['java', 'go', 'golang'];

/** Parameters that are kept and read back and have no effect on this job. */
export function ignoredParameters({ given }: JobDocument): readonly string[] {
  const type = given['JobType'] ?? '';
  const names = ['Template'];
  if (!workerTypes.includes(type)) names.push(...mapFields);
  if (type !== 'java') names.push('ClassName');
  if (type === 'java') names.push('Content');
  if (given['TimeType'] !== '1') names.push('Calendar');
  return names.filter((name) => (given[name] ?? '') !== '');
}
