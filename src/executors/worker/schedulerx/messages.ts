/** The messages between server and workers, by field number (workers.md §2.3 to §2.7). */

/** `WorkerHeartBeatRequest`: who the worker is and what it is master of. */
export const heartbeat = {
  groupId: [1, 'string'],
  version: [2, 'string'],
  workerId: [3, 'string'],
  metricsJson: [4, 'string'],
  jobInstanceIds: [5, 'int64s'],
  starter: [6, 'string'],
  appGroupId: [7, 'int64'],
  source: [8, 'string'],
  label: [9, 'string'],
  online: [10, 'bool'],
  appKey: [11, 'string'],
  rpcPort: [12, 'int32'],
} as const;

/** Answer to heartbeats, submits and kills. */
export const reply = { success: [1, 'bool'], message: [2, 'string'] } as const;

/** `UpstreamData` in a submit. */
export const upstreamData = { jobName: [1, 'string'], data: [2, 'string'] } as const;

/** `ServerSubmitJobInstanceRequest`. */
export const submit = {
  jobId: [1, 'int64'],
  jobInstanceId: [2, 'int64'],
  scheduleTime: [3, 'int64'],
  dataTime: [4, 'int64'],
  jobType: [5, 'string'],
  executeMode: [6, 'string'],
  content: [7, 'string'],
  user: [8, 'string'],
  xattrs: [9, 'string'],
  parameters: [10, 'string'],
  workers: [11, 'strings'],
  jobConcurrency: [12, 'int32'],
  regionId: [13, 'int32'],
  appGroupId: [14, 'int64'],
  instanceParameters: [15, 'string'],
  upstreamData: [16, 'bytesList'],
  groupId: [17, 'string'],
  timeType: [18, 'int32'],
  maxAttempt: [20, 'int32'],
  attempt: [21, 'int32'],
  jobName: [23, 'string'],
  namespace: [24, 'string'],
  triggerType: [25, 'int32'],
} as const;

/** `ServerKillJobInstanceRequest`. */
export const kill = {
  jobId: [1, 'int64'],
  jobInstanceId: [2, 'int64'],
  user: [3, 'string'],
  jobType: [5, 'string'],
  executeMode: [9, 'string'],
  appGroupId: [10, 'int64'],
} as const;

/** `WorkerReportJobInstanceStatusRequest`. */
export const status = {
  jobId: [1, 'int64'],
  jobInstanceId: [2, 'int64'],
  status: [3, 'int32'],
  result: [4, 'string'],
  progress: [5, 'string'],
  deliveryId: [6, 'int64'],
  groupId: [8, 'string'],
} as const;

/** `WorkerReportJobInstanceStatusResponse`. */
export const statusReply = {
  success: [1, 'bool'],
  message: [2, 'string'],
  deliveryId: [3, 'int64'],
} as const;

/** `WorkerReportJobInstanceProgressRequest`. */
export const progress = {
  jobId: [1, 'int64'],
  jobInstanceId: [2, 'int64'],
  progress: [3, 'string'],
  triggerTimes: [4, 'int32'],
} as const;
