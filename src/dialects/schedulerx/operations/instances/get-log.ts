import { failures } from '../../errors.ts';
import { requireGroup, templateNamespaceOf } from '../../groups.ts';
import { instanceLines } from '../../instance-lines.ts';
import { newestRun, placeOf, unknownInstance } from '../../instances.ts';
import { readInstanceDocument } from '../../job-document.ts';
import { requireJob } from '../../jobs.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalBoolean, optionalInteger } from '../../parameters.ts';
import { zoneOf } from '../../translate/one-time.ts';

/** Most lines of one answer (schedulerx.md §5.14). */
const maxLines = 200;

/** Lines that an instance wrote, the newest first unless told otherwise (schedulerx.md §4.4). */
export const getLog = defineOperation({
  name: 'GetLog',
  ramAction: 'ReadSchedulerxLogQuery',
  method: 'GET',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    parameter('JobId', 'integer', 'without JobInstanceId: its newest instance'),
    parameter('JobInstanceId', 'integer', 'the instance; its newest run'),
    parameter('Keyword', 'string', 'part of the line'),
    parameter('Line', 'integer', 'lines to return, at most 200; default 200'),
    parameter('Offset', 'integer', 'lines to pass over, from the end where the newest come first'),
    parameter('Reverse', 'boolean', 'the newest first; default true'),
    parameter('StartTimestamp', 'integer', 'ms; lines that begin with their time, else attempts'),
    parameter('EndTimestamp', 'integer', 'ms; lines that begin with their time, else attempts'),
  ],
  async handle({ params }, services) {
    const query = {
      keyword: params.get('Keyword') ?? '',
      offset: optionalInteger(params, 'Offset', { min: 0 }) ?? 0,
      limit: Math.min(optionalInteger(params, 'Line', { min: 1 }) ?? maxLines, maxLines),
      reverse: optionalBoolean(params, 'Reverse') ?? true,
      fromMs: optionalInteger(params, 'StartTimestamp', { min: 0 }) ?? 0,
      untilMs: optionalInteger(params, 'EndTimestamp', { min: 0 }) ?? Infinity,
    };
    const jobId = optionalInteger(params, 'JobId');
    const asked = optionalInteger(params, 'JobInstanceId');
    const group = await requireGroup(services, params);
    const { runs } = services.context.engine;
    const latest =
      asked === undefined && jobId !== undefined ? await runs.latest(String(jobId)) : null;
    const newest = latest === null ? undefined : placeOf(latest.id).instanceId;
    const instanceId = asked === undefined ? newest : String(asked);
    // Nothing names an instance, and logs of whole applications are not kept together.
    if (instanceId === undefined) {
      if (jobId === undefined) throw failures.cannotBeNull('jobInstanceId');
      await requireJob(services, params, failures.unknownLogJob);
      return { data: { Logs: [] } };
    }
    const run = await newestRun(services, instanceId);
    const fits =
      run !== null &&
      run.namespace === templateNamespaceOf(group) &&
      (jobId === undefined || run.templateId === String(jobId));
    if (!fits) throw unknownInstance(instanceId);
    const given = readInstanceDocument(run.document)?.given ?? {};
    const zone = zoneOf(given['Timezone'] ?? '', services.settings.timezone);
    const instances = await runs.instances(run.id);
    const lines = await instanceLines(runs, instances, { ...query, zone });
    return { data: { Logs: lines } };
  },
});
