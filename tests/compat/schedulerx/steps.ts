import { app, at, oddText, type Step } from './step.ts';
import { deletions, surroundings, workflows } from './steps-around.ts';
import { instances, jobs } from './steps-jobs.ts';

const applications: readonly Step[] = [
  { action: 'DescribeRegions', params: {}, answers: { 'Regions.0.RegionId': 'cn-hangzhou' } },
  {
    action: 'CreateNamespace',
    params: { RegionId: at.RegionId, Name: 'compat', Uid: 'compat-ns', Description: oddText },
    keeps: { namespace: 'Data.NamespaceUid' },
  },
  {
    action: 'CreateNamespace',
    params: { RegionId: at.RegionId, Name: 'compat', Uid: 'compat-ns' },
    fails: /^namespace=compat-ns is existed, noting update$/,
  },
  {
    action: 'ListNamespaces',
    params: at,
    answers: {
      'Data.Namespaces.length': 1,
      'Data.Namespaces.0.UId': '$namespace',
      'Data.Namespaces.0.Description': oddText,
    },
  },
  { action: 'UpdateNamespace', params: { ...at, NamespaceName: 'second name' } },
  {
    action: 'ListNamespaces',
    params: at,
    after: 'UpdateNamespace',
    answers: { 'Data.Namespaces.0.Name': 'second name' },
  },
  {
    action: 'CreateAppGroup',
    params: {
      ...app,
      AppName: 'Compat 夜',
      AppType: 1,
      AppVersion: 2,
      EnableLog: true,
      MaxJobs: 50,
      MonitorConfigJson: '{"sendChannel":"mail"}',
      MonitorContactsJson: '[{"name":"Alice"}]',
    },
    keeps: { group: 'Data.AppGroupId', appKey: 'Data.AppKey' },
  },
  { action: 'UpdateAppGroup', params: { ...app, Description: oddText, MaxConcurrency: 50 } },
  {
    action: 'GetAppGroup',
    params: app,
    answers: {
      'Data.AppName': 'Compat 夜',
      'Data.AppKey': '$appKey',
      'Data.Description': oddText,
      'Data.CurJobs': 0,
      'Data.MaxJobs': 50,
      'Data.AppVersion': '2',
    },
  },
  {
    action: 'ListGroups',
    params: app,
    answers: {
      'Data.AppGroups.0.AppGroupId': '$group',
      'Data.AppGroups.0.AppVersion': 2,
      'Data.AppGroups.0.EnableLog': true,
    },
  },
  { action: 'GrantPermission', params: { ...app, UserId: '7', UserName: 'B', GrantOption: true } },
  { action: 'RevokePermission', params: { ...app, UserId: '7' } },
];

/** Every operation of the contract, in an order in which they find what they need. */
export const steps: readonly Step[] = [
  ...applications,
  ...jobs,
  ...instances,
  ...surroundings,
  ...workflows,
  ...deletions,
];
