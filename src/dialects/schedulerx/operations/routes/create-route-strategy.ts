import { isBuiltIn } from '../../built-in-worker.ts';
import { failures } from '../../errors.ts';
import { setGroupRoute } from '../../group-routes.ts';
import { requireGroup } from '../../groups.ts';
import { changeJobDetails } from '../../job-details.ts';
import { jobsOf, requireJob, retranslateJob } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalInteger, required } from '../../parameters.ts';
import { retranslateJobs } from '../../retranslate.ts';
import { boundedText } from '../../texts.ts';
import { parseStrategyContent, type RouteStrategy } from '../../translate/route-strategy.ts';

/** Gives an application, or one job, a route strategy; one that is there is replaced (§4.9, §6 #28). */
export const createRouteStrategy = defineOperation({
  name: 'CreateRouteStrategy',
  ramAction: 'CreateSchedulerxRouteStrategyCreate',
  method: 'POST',
  parameters: [
    common.regionId,
    common.namespace,
    common.groupId,
    parameter('Name', 'string', 'its name', { required: true, effect: 'stored' }),
    parameter('JobId', 'integer', 'absent = the whole application'),
    parameter('Status', 'integer', '0 off, 1 on; default 1'),
    parameter('StrategyContent', 'json', 'shares of labels or workers, schedulerx.md §5.11'),
    parameter('Type', 'integer', '3 = by percentage; there is no other'),
  ],
  async handle({ params, caller }, services) {
    const name = boundedText('Name', required(params, 'Name'), 128);
    if (name.trim() === '') throw failures.strategyNameBlank();
    const type = optionalInteger(params, 'Type') ?? 3;
    if (type !== 3) throw failures.unfit('type', 'only 3 (by percentage) is known');
    const content = boundedText('StrategyContent', params.get('StrategyContent') ?? '', 64 * 1024);
    const route: RouteStrategy = {
      name,
      type,
      enabled: (optionalInteger(params, 'Status', { min: 0, max: 1 }) ?? 1) === 1,
      content,
      routes: parseStrategyContent(content),
    };
    if ((params.get('JobId') ?? '') === '') {
      const group = await requireGroup(services, params);
      await setGroupRoute(services, group, route);
      await retranslateJobs(services, group, await jobsOf(services, group), caller.user);
      return { data: { AppGroupId: group.number } };
    }
    const { job, group } = await requireJob(services, params, failures.unknownScriptJob);
    if (isBuiltIn(job)) {
      throw failures.unfit(
        'jobId',
        `${job.document.given['JobType'] ?? ''} jobs run on the built-in worker`,
      );
    }
    await changeJobDetails(services, job.id, (details) => ({ ...details, route }));
    await retranslateJob(services, job, group, caller.user);
    return { data: { AppGroupId: group.number } };
  },
});
