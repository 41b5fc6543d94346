import type { Attempt, Instance, Run, RunDetail } from '../../../domain/run.ts';
import { placeOf } from '../instances.ts';
import { scheduleTimeMsOf } from '../instance-ids.ts';
import { readInstanceDocument, triggerTypes } from '../job-document.ts';
import { localTimeText, zoneOf } from '../translate/one-time.ts';
import type { SchedulerxSettings } from '../services.ts';

/** Status codes of instances that are public (schedulerx.md §5.6). */
export const instanceStatus = {
  waiting: 1,
  running: 3,
  success: 4,
  failed: 5,
  rejected: 9,
} as const;

/** What a killed instance answers (§5.8). */
const killedResult = 'killed from server';
/** Longest Result, in bytes (§5.14). */
const maxResultBytes = 1_000;

/** Public status of a run; killed is failed (§6 #19), and what a person judged counts. */
export function statusOf(run: Pick<Run, 'state' | 'verdict'>): number {
  if (run.verdict === 'succeeded') return instanceStatus.success;
  switch (run.state) {
    case 'queued':
      return instanceStatus.waiting;
    case 'running':
    case 'stopping':
      return instanceStatus.running;
    case 'succeeded':
      return instanceStatus.success;
    case 'failed':
    case 'canceled':
      return instanceStatus.failed;
  }
}

/** The record of GetJobInstance and GetJobInstanceList (schedulerx.md §4.4). */
export function instanceRecord(
  run: RunDetail,
  instances: readonly Instance[],
  settings: SchedulerxSettings,
) {
  const document = readInstanceDocument(run.document);
  const given = document?.given ?? {};
  const zone = zoneOf(given['Timezone'] ?? '', settings.timezone);
  const scheduleTimeMs = document?.instance?.scheduleTimeMs ?? scheduleTimeMsOf(run);
  const offsetMs = Number(given['DataOffset'] ?? 0) * 1000;
  const dataTimeMs = document?.instance?.dataTimeMs ?? scheduleTimeMs + offsetMs;
  const time = (ms: number | null): string | undefined =>
    ms === null ? undefined : localTimeText(ms, zone);
  return {
    InstanceId: Number(placeOf(run.id).instanceId),
    JobId: Number(run.templateId),
    Status: statusOf(run),
    TriggerType: triggerTypeOf(run),
    TimeType: Number(given['TimeType'] ?? 100),
    ScheduleTime: time(scheduleTimeMs),
    DataTime: time(dataTimeMs),
    StartTime: time(run.startedAtMs),
    EndTime: time(run.endedAtMs),
    Executor: document?.instance?.by ?? '',
    WorkAddr: workAddress(instances),
    Progress: progressOf(run, instances),
    Result: resultOf(run, instances),
  };
}

/** Name of the job when the run was made. */
export function jobNameOf(run: RunDetail): string {
  return readInstanceDocument(run.document)?.given['Name'] ?? run.templateName;
}

/** What only GetJobInstance tells. */
export function instanceDetail(run: RunDetail) {
  const document = readInstanceDocument(run.document);
  return {
    JobName: jobNameOf(run),
    Parameters: document?.instance?.parameters ?? document?.given['Parameters'] ?? '',
    TraceId: '',
  };
}

function triggerTypeOf(run: RunDetail): number {
  if (placeOf(run.id).retry > 0) return triggerTypes.rerun;
  const asked = readInstanceDocument(run.document)?.instance?.triggerType;
  return asked ?? (run.trigger === 'manual' ? triggerTypes.api : triggerTypes.scheduled);
}

/** `ip:port` of the worker that has or had it; empty before it has one, and on this server. */
export function workAddress(instances: readonly Instance[]): string {
  const address = latestAttempt(instances)?.worker ?? '';
  // Addresses are `{id}@{ip}:{port}`, of Go workers with a further port that is not public.
  const match = /^(?:.*@)?(.+?:\d+)(?::\d+)?$/.exec(address);
  return match?.[1] ?? address;
}

/** What it answered; why it failed when it answered nothing. At most 1,000 bytes. */
export function resultOf(run: Run, instances: readonly Instance[]): string {
  const answers = instances.map(({ attempts }) => attempts.at(-1)?.result ?? '');
  const answer = answers.find((each) => each !== '') ?? '';
  if (run.state === 'canceled' || (run.state === 'failed' && run.stopCause === 'timeout')) {
    return killedResult;
  }
  if (answer !== '' || run.state === 'succeeded') return cut(answer);
  return run.state === 'failed' ? cut(plainReason(run.message)) : '';
}

/**
 * Why it failed in the words of the worker's side, which scripts match on (§5.8): without which
 * shard it was and what that means to retries, which the engine adds.
 */
function plainReason(message: string): string {
  return message
    .replace(/^instance #\d+ /, '')
    .replace(/^(?:lost|could not start): /, '')
    .replace(
      /; (?:no retries are allowed|another try would fail the same way|the budget of \d+ retries is used up)$/,
      '',
    );
}

/** What its worker told, else the counts of its shards; empty for what has one part and told nothing. */
function progressOf(run: Run, instances: readonly Instance[]): string {
  const told = latestAttempt(instances)?.progress ?? '';
  if (told !== '' || run.replicas === 1) return told;
  const count = (state: Instance['state']): number =>
    instances.filter((each) => each.state === state).length;
  const started = instances.filter(({ attempts }) => attempts.length > 0).length;
  return JSON.stringify({
    taskProgress: [
      {
        name: 'shards',
        total: run.replicas,
        pulled: started,
        running: count('active'),
        success: count('succeeded'),
        failed: count('failed') + count('stopped'),
      },
    ],
    workerProgress: [],
  });
}

function latestAttempt(instances: readonly Instance[]): Attempt | undefined {
  return instances.find(({ attempts }) => attempts.length > 0)?.attempts.at(-1);
}

/** Cut at a character's border. */
function cut(text: string): string {
  if (Buffer.byteLength(text) <= maxResultBytes) return text;
  // A character that was cut through decodes to U+FFFD.
  return Buffer.from(text, 'utf8')
    .subarray(0, maxResultBytes)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
}
