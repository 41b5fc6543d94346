import type { Job } from '../jobs.ts';
import { mapAttributes, mapTaskFields } from '../translate/map-attributes.ts';
import { executeModeText } from '../translate/modes.ts';

const mapNames = [
  'PageSize',
  'QueueSize',
  'ConsumerSize',
  'DispatcherSize',
  'TaskMaxAttempt',
  'TaskAttemptInterval',
  'TaskDispatchMode',
  'XAttrs',
];

/** A job as GetJobInfo and ListJobs show it (schedulerx.md §4.3). */
export function jobConfigInfo({ id, document }: Job): Readonly<Record<string, unknown>> {
  const { given, contacts, enabled } = document;
  const whole = (name: string, fallback: number): number => Number(given[name] ?? fallback);
  const flag = (name: string): boolean => given[name] === 'true';
  return {
    JobId: id,
    Name: given['Name'],
    Description: given['Description'] ?? '',
    JobType: given['JobType'],
    ExecuteMode: executeModeText(given['ExecuteMode'] ?? ''),
    ClassName: given['ClassName'] ?? '',
    Content: shownContent(given),
    Parameters: given['Parameters'] ?? '',
    JarUrl: '',
    // A text, unlike the other numbers.
    MaxConcurrency: given['MaxConcurrency'] ?? '1',
    MaxAttempt: whole('MaxAttempt', 0),
    AttemptInterval: whole('AttemptInterval', 30),
    Status: enabled ? 1 : 0,
    EndTime: endTimeOf(given),
    XAttrs: mapNames.some((name) => given[name] !== undefined) ? mapAttributes(given) : '',
    TimeConfig: {
      TimeType: whole('TimeType', 100),
      TimeExpression: given['TimeExpression'] ?? '',
      Calendar: given['Calendar'] ?? '',
      DataOffset: whole('DataOffset', 0),
    },
    MapTaskXAttrs: mapTaskFields(given),
    JobMonitorInfo: {
      ContactInfo: contacts,
      MonitorConfig: {
        FailEnable: flag('FailEnable'),
        MissWorkerEnable: flag('MissWorkerEnable'),
        SendChannel: given['SendChannel'] ?? 'default',
        Timeout: whole('Timeout', 7_200),
        TimeoutEnable: flag('TimeoutEnable'),
        TimeoutKillEnable: flag('TimeoutKillEnable'),
      },
    },
  };
}

/** Absent when the job has no end. */
function endTimeOf(given: Readonly<Record<string, string>>): number | undefined {
  const endMs = Number(given['EndTime'] ?? -1);
  return endMs === -1 ? undefined : endMs;
}

/** As submitted; of java jobs the JSON that names the class (§6 #27). */
function shownContent(given: Readonly<Record<string, string>>): string {
  if (given['Content'] !== undefined) return given['Content'];
  const className = given['ClassName'];
  return given['JobType'] === 'java' && className !== undefined
    ? JSON.stringify({ className })
    : '';
}
