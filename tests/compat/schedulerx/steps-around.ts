import { app, at, oddText, type Step } from './step.ts';

const region = { RegionId: at.RegionId } as const;
const range = {
  sendChannel: 'webhook,mail',
  timezone: 'GMT+8',
  timeRanges: { all: [{ startTime: '08:00', endTime: '18:00', daysOfWeek: [1, 2, 3] }] },
};
const policy = { ...region, PolicyName: 'office 夜' } as const;
const calendar = { ...region, CalendarName: 'compat 夜', Year: 2030 } as const;
const workflow = { ...app, WorkflowId: '$workflow' } as const;
const workflowRun = { ...workflow, WfInstanceId: '$workflowRun' } as const;
const copies = { ...app, GroupId: 'compat.copies' } as const;

/** Workers and whom jobs choose, counters, calendars, notification policies. */
export const surroundings: readonly Step[] = [
  {
    action: 'GetWorkerList',
    params: app,
    answers: { 'Data.WorkerInfos.length': 1, 'Data.WorkerInfos.0.Starter': 'longshore' },
  },
  {
    action: 'DesignateWorkers',
    params: { ...app, JobId: '$timed', DesignateType: 2, Labels: '["v 1"]', Transferable: true },
  },
  {
    action: 'ReadSchedulerxDesignateInfo',
    params: { ...app, JobId: '$timed' },
    answers: {
      'Data.DesignateType': 2,
      'Data.Transferable': true,
      'Data.DesignateDetailVos.0.Key': 'v 1',
      'Data.DesignateDetailVos.0.Checked': true,
      'Data.DesignateDetailVos.0.Offline': true,
    },
  },
  {
    action: 'ReadSchedulerxDesignateDetail',
    params: { ...app, JobId: '$timed', DesignateType: 2 },
    answers: { 'Data.DesignateDetailVos.0.Key': 'v 1' },
  },
  {
    action: 'CreateRouteStrategy',
    params: {
      ...app,
      Name: oddText,
      Type: 3,
      Status: 1,
      StrategyContent: '[{"percentage":20,"target":"[\\"v 1\\"]","targetType":"label"}]',
    },
  },
  { action: 'CreateRouteStrategy', params: { ...app, Name: ' ' }, fails: /^strategy name is null/ },
  { action: 'CreateRouteStrategy', params: { ...app, Name: 'one', Type: 3, JobId: '$timed' } },
  { action: 'DeleteRouteStrategy', params: app },
  { action: 'BatchDeleteRouteStrategy', params: { ...app, JobIdList: ['$timed'] } },
  {
    action: 'GetOverview',
    params: { ...app, MetricType: 0, Operate: 'query', StartTime: 1_700_000_000 },
    answers: { Data: /"schedulerx_job_counter_all":"3"/ },
  },
  {
    action: 'CreateSchedulerxCalendar',
    params: { ...calendar, MonthDaysContent: '[{"month":1,"days":[2,3]}]' },
  },
  {
    action: 'ManageSchedulerxCalendar',
    params: { ...calendar, MonthDaysContent: '[{"month":2,"days":[4]}]', Incremental: true },
  },
  {
    action: 'ReadSchedulerxCalendar',
    params: { ...calendar, FetchCalendarDetail: true, MaxResults: 5 },
    answers: {
      'Data.Total': 1,
      'Data.NextToken': '',
      'Data.Records.0.MonthDaysContent': '[{"month":1,"days":[2,3]},{"month":2,"days":[4]}]',
      'Data.Records.0.SystemCalendar': false,
    },
  },
  { action: 'DeleteSchedulerxCalendar', params: calendar },
  {
    action: 'DeleteSchedulerxCalendar',
    params: calendar,
    fails: /^calendar "compat 夜" does not exist in year 2030$/,
  },
  {
    action: 'CreateSchedulerxNotificationPolicy',
    params: { ...policy, ChannelTimeRange: JSON.stringify(range) },
  },
  {
    action: 'ManageSchedulerxNotificationPolicy',
    params: { ...policy, Description: oddText },
  },
  {
    action: 'ReadSchedulerxNotificationPolicy',
    params: policy,
    answers: {
      'Data.Records.length': 1,
      'Data.Records.0.Description': oddText,
      'Data.Records.0.ChannelTimeRange': JSON.stringify({ ...range, isUnifiedSetting: true }),
    },
  },
  { action: 'DeleteSchedulerxNotificationPolicy', params: policy },
];

/** A workflow of two jobs, of which the second is killed. */
export const workflows: readonly Step[] = [
  {
    action: 'CreateWorkflow',
    params: { ...app, Name: 'flow', TimeType: 100 },
    keeps: { workflow: 'Data.WorkflowId' },
    answers: { Code: '200' },
  },
  { action: 'UpdateWorkflow', params: { ...workflow, Name: 'flow 夜', Description: oddText } },
  {
    action: 'UpdateWorkflowDag',
    params: {
      ...workflow,
      DagJson:
        '{"nodes":[{"id":$job},{"id":$long}],"edges":[{"source":$job,"target":$long},{"source":$long,"target":$job}]}',
    },
    fails: /^Invalid parameter: dagJson/,
  },
  {
    action: 'UpdateWorkflowDag',
    params: {
      ...workflow,
      DagJson: '{"nodes":[{"id":$job},{"id":$long}],"edges":[{"source":$job,"target":$long}]}',
    },
  },
  { action: 'EnableWorkflow', params: workflow },
  {
    action: 'GetWorkFlow',
    params: workflow,
    answers: {
      'Data.WorkFlowInfo.Name': 'flow 夜',
      'Data.WorkFlowInfo.Description': oddText,
      'Data.WorkFlowInfo.Status': 'enable',
      'Data.WorkFlowInfo.TimeType': 'api',
      'Data.WorkFlowInfo.MaxConcurrency': '1',
      'Data.WorkFlowNodeInfo.Nodes.length': 2,
      'Data.WorkFlowNodeInfo.Edges.0.Source': '$job',
      'Data.WorkFlowNodeInfo.Edges.0.Target': '$long',
    },
  },
  {
    action: 'ListWorkFlows',
    params: { ...app, WorkflowName: '夜', PageNum: 1, PageSize: 5 },
    answers: { 'Data.Total': 1, 'Data.Records.0.WorkflowId': '$workflow' },
  },
  {
    action: 'ExecuteWorkflow',
    params: { ...workflow, InstanceParameters: 'flow * 夜' },
    keeps: { workflowRun: 'Data.WfInstanceId' },
  },
  {
    action: 'GetWorkflowInstance',
    params: workflowRun,
    eventually: true,
    answers: {
      'Data.WfInstanceInfo.Status': 3,
      'Data.WfInstanceDag.Nodes.0.JobId': '$job',
      'Data.WfInstanceDag.Nodes.0.Status': 4,
      'Data.WfInstanceDag.Nodes.0.Result': 'it got flow * 夜',
      'Data.WfInstanceDag.Nodes.1.JobId': '$long',
      'Data.WfInstanceDag.Nodes.1.Status': 3,
    },
    keeps: { second: 'Data.WfInstanceDag.Nodes.1.JobInstanceId' },
  },
  { action: 'StopInstance', params: { ...app, JobId: '$long', InstanceId: '$second' } },
  {
    action: 'GetWorkflowInstance',
    params: workflowRun,
    eventually: true,
    answers: { 'Data.WfInstanceInfo.Status': 5, 'Data.WfInstanceDag.Nodes.1.Status': 5 },
  },
  { action: 'SetWfInstanceSuccess', params: workflowRun },
  {
    action: 'ListWorkflowInstance',
    params: workflow,
    answers: {
      'Data.WfInstanceInfos.length': 1,
      'Data.WfInstanceInfos.0.WfInstanceId': '$workflowRun',
      'Data.WfInstanceInfos.0.Status': 4,
    },
  },
  { action: 'DisableWorkflow', params: workflow },
  { action: 'DeleteWorkflow', params: workflow },
  { action: 'GetWorkFlow', params: workflow, fails: /is not existed$/ },
];

/** Takes everything away again; then nothing is there, and errors say so. */
export const deletions: readonly Step[] = [
  {
    action: 'CreateAppGroup',
    params: { ...copies, AppName: 'copies' },
  },
  {
    action: 'ManageSchedulerxJobSync',
    params: {
      ...region,
      NamespaceSource: 'schedulerx',
      JobIdList: ['$job', '$timed'],
      OriginalNamespace: '$namespace',
      OriginalGroupId: app.GroupId,
      TargetNamespace: '$namespace',
      TargetGroupId: copies.GroupId,
    },
  },
  {
    action: 'ListJobs',
    params: copies,
    after: 'ManageSchedulerxJobSync',
    answers: { 'Data.Jobs.length': 2 },
  },
  { action: 'DeleteJob', params: { ...app, JobId: '$job' } },
  { action: 'DeleteJob', params: { ...app, JobId: '$job' }, fails: /is not existed$/ },
  { action: 'GetJobInfo', params: { ...app, JobId: '$job' }, fails: /is not existed$/ },
  { action: 'DeleteAppGroup', params: app, fails: /has 2 jobs/ },
  { action: 'BatchDeleteJobs', params: { ...app, JobIdList: ['$timed', '$long'] } },
  { action: 'DeleteAppGroup', params: app },
  { action: 'DeleteAppGroup', params: { ...copies, DeleteJobs: true } },
  {
    action: 'GetAppGroup',
    params: app,
    fails: /^app is not existed, groupId=compat\.group, namesapce=compat-ns$/,
  },
  { action: 'DeleteNamespace', params: at },
  {
    action: 'ListNamespaces',
    params: at,
    after: 'DeleteNamespace',
    answers: { 'Data.Namespaces.length': 0 },
  },
  {
    action: 'ExecuteJob',
    params: app,
    incomplete: true,
    refused: { code: 'MissingJobId', status: 400 },
  },
];
