import { app, oddText, type Step } from './step.ts';

/** A cron text with stars, which signatures have to agree about (§1.2). */
const cron = '0 0/10 2-4 * * ?';

/** Jobs: made, changed, found, switched; versions of scripts. */
export const jobs: readonly Step[] = [
  {
    action: 'CreateJob',
    params: {
      ...app,
      Name: 'script',
      JobType: 'shell',
      ExecuteMode: 'standalone',
      TimeType: 100,
      Content: 'echo "first line"\necho "it got #{schedulerx.jobParameters}"\n',
      MaxConcurrency: 20,
      Priority: 5,
    },
    keeps: { job: 'Data.JobId' },
  },
  {
    action: 'CreateJob',
    params: {
      ...app,
      Name: 'timed',
      JobType: 'xxljob',
      ExecuteMode: 'standalone',
      TimeType: 1,
      TimeExpression: cron,
      Timezone: 'GMT+8',
      Status: 0,
      Content: '{"jobHandler":"demoJobHandler"}',
      Parameters: oddText,
      MaxAttempt: 2,
      AttemptInterval: 15,
      Timeout: 60,
      TimeoutEnable: true,
      TimeoutKillEnable: true,
      FailEnable: true,
      FailTimes: 2,
      MissWorkerEnable: false,
      SendChannel: 'mail',
      ContactInfo: [
        { UserName: 'A 夜', UserMail: 'a@example.com' },
        { UserName: 'B', Ding: 'https://ding.example/?a=1&b=2' },
      ],
    },
    keeps: { timed: 'Data.JobId' },
  },
  {
    action: 'CreateJob',
    params: { ...app, Name: 'x', JobType: 'java', ExecuteMode: 'standalone', TimeType: 100 },
    fails: /^job type is java className can not be blank$/,
  },
  {
    action: 'CreateJob',
    params: {
      ...app,
      Name: 'long',
      JobType: 'shell',
      ExecuteMode: 'standalone',
      TimeType: 100,
      Content: 'sleep 600',
    },
    keeps: { long: 'Data.JobId' },
  },
  {
    action: 'GetJobInfo',
    params: { ...app, JobId: '$timed' },
    answers: {
      'Data.JobConfigInfo.Name': 'timed',
      'Data.JobConfigInfo.Parameters': oddText,
      'Data.JobConfigInfo.Status': 0,
      'Data.JobConfigInfo.MaxConcurrency': '1',
      'Data.JobConfigInfo.MaxAttempt': 2,
      'Data.JobConfigInfo.TimeConfig.TimeType': 1,
      'Data.JobConfigInfo.TimeConfig.TimeExpression': cron,
      'Data.JobConfigInfo.JobMonitorInfo.MonitorConfig.Timeout': 60,
      'Data.JobConfigInfo.JobMonitorInfo.MonitorConfig.TimeoutKillEnable': true,
      'Data.JobConfigInfo.JobMonitorInfo.MonitorConfig.MissWorkerEnable': false,
      'Data.JobConfigInfo.JobMonitorInfo.ContactInfo.0.UserName': 'A 夜',
      'Data.JobConfigInfo.JobMonitorInfo.ContactInfo.1.Ding': 'https://ding.example/?a=1&b=2',
    },
  },
  {
    action: 'UpdateJob',
    params: {
      ...app,
      JobId: '$timed',
      Name: 'renamed',
      TimeExpression: '*/20 * 3 * * ?',
      ContactInfo: [{ UserName: 'C' }],
    },
  },
  {
    action: 'ListJobs',
    params: { ...app, JobName: 'renamed' },
    answers: {
      'Data.Jobs.length': 1,
      'Data.Jobs.0.JobId': '$timed',
      'Data.Jobs.0.Parameters': oddText,
      'Data.Jobs.0.AttemptInterval': 15,
      'Data.Jobs.0.TimeConfig.TimeExpression': '*/20 * 3 * * ?',
      'Data.Jobs.0.JobMonitorInfo.ContactInfo.length': 1,
    },
  },
  { action: 'UpdateJob', params: { ...app, JobId: '$timed', Parameters: '' }, sendsEmpty: true },
  {
    action: 'GetJobInfo',
    params: { ...app, JobId: '$timed' },
    sendsEmpty: true,
    answers: { 'Data.JobConfigInfo.Parameters': '', 'Data.JobConfigInfo.Name': 'renamed' },
  },
  { action: 'DisableJob', params: { ...app, JobId: '$job' } },
  {
    action: 'ExecuteJob',
    params: { ...app, JobId: '$job', CheckJobStatus: true },
    fails: /is disabled$/,
  },
  { action: 'EnableJob', params: { ...app, JobId: '$job' } },
  { action: 'BatchDisableJobs', params: { ...app, JobIdList: ['$job', '$long'] } },
  {
    action: 'ListJobs',
    params: { ...app, Status: '0' },
    answers: { 'Data.Jobs.length': 3 },
  },
  { action: 'BatchEnableJobs', params: { ...app, JobIdList: ['$job', '$long'] } },
  {
    action: 'ListJobs',
    params: { ...app, Status: '1' },
    answers: { 'Data.Jobs.length': 2 },
  },
  {
    action: 'UpdateJobScript',
    params: {
      ...app,
      JobId: '$job',
      ScriptContent: 'echo "changed *"\necho "it got #{schedulerx.jobParameters}"\n',
      VersionDescription: oddText,
    },
  },
  {
    action: 'ListJobScriptHistory',
    params: { ...app, JobId: '$job' },
    answers: {
      'Data.JobScriptHistoryInfos.length': 2,
      'Data.JobScriptHistoryInfos.0.VersionesDescription': oddText,
    },
  },
];

/** What jobs leave: run, read, killed, repeated, judged. */
export const instances: readonly Step[] = [
  {
    action: 'ExecuteJob',
    params: { ...app, JobId: '$job', InstanceParameters: 'one * 夜' },
    keeps: { instance: 'Data.JobInstanceId' },
  },
  {
    action: 'GetJobInstance',
    params: { ...app, JobId: '$job', JobInstanceId: '$instance' },
    eventually: true,
    answers: {
      'Data.JobInstanceDetail.Status': 4,
      'Data.JobInstanceDetail.Result': 'it got one * 夜',
      'Data.JobInstanceDetail.TriggerType': 3,
      'Data.JobInstanceDetail.Parameters': 'one * 夜',
    },
  },
  {
    action: 'GetJobInstanceList',
    params: { ...app, JobId: '$job', Status: 4 },
    answers: {
      'Data.JobInstanceDetails.length': 1,
      'Data.JobInstanceDetails.0.InstanceId': '$instance',
    },
  },
  {
    action: 'GetLog',
    params: { ...app, JobId: '$job', JobInstanceId: '$instance', Line: 1, Reverse: true },
    eventually: true,
    answers: { 'Data.Logs.length': 1, 'Data.Logs.0': 'it got one * 夜' },
  },
  {
    action: 'StopInstance',
    params: { ...app, JobId: '$job', InstanceId: '$instance' },
    fails: /is already finished$/,
  },
  { action: 'RetryJobInstance', params: { ...app, JobId: '$job', JobInstanceId: '$instance' } },
  {
    action: 'GetJobInstance',
    params: { ...app, JobId: '$job', JobInstanceId: '$instance' },
    eventually: true,
    answers: {
      'Data.JobInstanceDetail.Status': 4,
      'Data.JobInstanceDetail.TriggerType': 4,
      'Data.JobInstanceDetail.InstanceId': '$instance',
    },
  },
  {
    action: 'ExecuteJob',
    params: { ...app, JobId: '$long' },
    keeps: { killed: 'Data.JobInstanceId' },
  },
  {
    action: 'GetJobInstance',
    params: { ...app, JobId: '$long', JobInstanceId: '$killed' },
    eventually: true,
    answers: { 'Data.JobInstanceDetail.Status': 3 },
  },
  { action: 'StopInstance', params: { ...app, JobId: '$long', InstanceId: '$killed' } },
  {
    action: 'GetJobInstance',
    params: { ...app, JobId: '$long', JobInstanceId: '$killed' },
    eventually: true,
    answers: {
      'Data.JobInstanceDetail.Status': 5,
      'Data.JobInstanceDetail.Result': 'killed from server',
    },
  },
  { action: 'SetJobInstanceSuccess', params: { ...app, JobId: '$long', JobInstanceId: '$killed' } },
  {
    action: 'GetJobInstance',
    params: { ...app, JobId: '$long', JobInstanceId: '$killed' },
    answers: { 'Data.JobInstanceDetail.Status': 4 },
  },
  {
    action: 'RerunJob',
    params: {
      ...app,
      JobId: '$job',
      StartDate: Date.UTC(2024, 0, 1, 12),
      EndDate: Date.UTC(2024, 0, 2, 12),
      DataTime: '02:00:00',
    },
  },
  {
    action: 'GetJobInstanceList',
    params: { ...app, JobId: '$job', Status: 4 },
    eventually: true,
    answers: { 'Data.JobInstanceDetails.length': 3, 'Data.JobInstanceDetails.0.TriggerType': 2 },
  },
];
