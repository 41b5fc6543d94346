import { failures } from '../../errors.ts';
import { requireGroup } from '../../groups.ts';
import { jobsOf } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { pageOf } from '../../parameters.ts';
import { jobConfigInfo } from '../../render/job.ts';

/** Length of a page when only its number is given. */
const defaultPageSize = 10;

/** The jobs of an application: all of them when no page is asked for (schedulerx.md §6 #15). */
export const listJobs = defineOperation({
  name: 'ListJobs',
  ramAction: 'ReadSchedulerxJobQuery',
  method: 'GET',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    parameter('JobName', 'string', 'part of the name'),
    parameter('PageNum', 'integer', 'from 1'),
    parameter('PageSize', 'integer', 'at most 100'),
    parameter('Status', 'string', '`0` or `1`'),
  ],
  async handle({ params }, services) {
    const group = await requireGroup(services, params);
    const name = params.get('JobName') ?? '';
    const status = params.get('Status') ?? '';
    if (!/^[01]?$/.test(status)) throw failures.invalid('Status', status);
    const jobs = (await jobsOf(services, group)).filter(
      ({ document }) =>
        (document.given['Name'] ?? '').includes(name) &&
        (status === '' || document.enabled === (status === '1')),
    );
    const isPaged = (params.get('PageNum') ?? '') !== '' || (params.get('PageSize') ?? '') !== '';
    const { pageNumber, pageSize, offset } = isPaged
      ? pageOf(params, defaultPageSize)
      : { pageNumber: 1, pageSize: jobs.length, offset: 0 };
    return {
      data: {
        Jobs: jobs.slice(offset, offset + pageSize).map((job) => ({
          ...jobConfigInfo(job),
          StartTime: Number(job.document.given['StartTime'] ?? 0),
        })),
        PageNumber: pageNumber,
        PageSize: pageSize,
        Total: jobs.length,
      },
    };
  },
});
