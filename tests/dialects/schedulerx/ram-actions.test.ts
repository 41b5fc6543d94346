/** RAM actions as the vendor's reference names them: policies that people have go on working. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DialectContext } from '../../../src/dialects/kit/dialect.ts';
import { createSchedulerxProduct } from '../../../src/dialects/schedulerx/index.ts';
import { newGroup, newJob, startSchedulerxHost } from '../../support/schedulerx-host.ts';

/** Operations by action, where the reference tells it; several share one. */
const published: Readonly<Record<string, readonly string[]>> = {
  CreateSchedulerxAppGroupCreate: ['CreateAppGroup'],
  CreateSchedulerxJobCreate: ['CreateJob'],
  CreateSchedulerxRouteStrategyCreate: ['CreateRouteStrategy'],
  CreateSchedulerxWorkflowCreate: ['CreateWorkflow'],
  DeleteSchedulerxAppGroupRemove: ['DeleteAppGroup'],
  DeleteSchedulerxJobDelete: ['DeleteJob'],
  DeleteSchedulerxNamespaceDelete: ['DeleteNamespace'],
  DeleteSchedulerxRouteStrategyDelete: ['DeleteRouteStrategy'],
  GrantSchedulerxGrantPermission: ['GrantPermission'],
  GrantSchedulerxRevokePermission: ['RevokePermission'],
  ManageSchedulerxJobDisable: ['BatchDisableJobs'],
  ManageSchedulerxJobEnable: ['EnableJob'],
  ManageSchedulerxJobInstMarkSuccess: ['SetJobInstanceSuccess'],
  ManageSchedulerxJobInstRun: ['RetryJobInstance'],
  ManageSchedulerxJobInstStop: ['StopInstance'],
  ManageSchedulerxJobModify: ['UpdateJob', 'UpdateJobScript'],
  ManageSchedulerxJobRerun: ['RerunJob'],
  ManageSchedulerxJobTrigger: ['ExecuteJob'],
  ManageSchedulerxNamespaceModify: ['UpdateNamespace'],
  ManageSchedulerxWorkflowDagModify: ['UpdateWorkflowDag'],
  ManageSchedulerxWorkflowModify: ['UpdateWorkflow'],
  ManageSchedulerxWorkflowRun: ['ExecuteWorkflow'],
  ReadSchedulerxAppGroupQuery: ['ListGroups', 'GetWorkerList'],
  ReadSchedulerxJobInstanceQuery: ['GetJobInstance'],
  ReadSchedulerxJobQuery: ['GetJobInfo'],
  ReadSchedulerxLogQuery: ['GetLog'],
  ReadSchedulerxNamespaceQuery: ['ListNamespaces'],
  ReadSchedulerxWorkflowQuery: ['ListWorkflowInstance'],
};

/** Operations of calendars, policies and designations, and the copy of jobs: named like the action. */
const namesakes = /^(?:Create|Read|Manage|Delete)Schedulerx/;

test('actions are the published ones', () => {
  const { operations } = createSchedulerxProduct({} as DialectContext);
  const actionOf = new Map(operations.map(({ name, ramAction }) => [name, ramAction ?? name]));
  for (const [action, names] of Object.entries(published)) {
    for (const name of names) assert.equal(actionOf.get(name), action, name);
  }
  for (const [name, action] of actionOf) {
    if (namesakes.test(name)) assert.equal(action, name);
    assert.match(action, /^(?:Create|Read|Update|Manage|Delete|Grant)Schedulerx[A-Z]/);
  }
});

test('a policy of the reference lets in what it names, on the application that it names', async (t) => {
  const host = await startSchedulerxHost(t);
  const [mine, other] = [await newGroup(host), await newGroup(host)];
  const [job, foreign] = [String(await newJob(host, mine)), String(await newJob(host, other))];
  const call = await host.userWith({
    Version: '1',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['edas:ManageSchedulerxJob*'],
        Resource: [`acs:edas:*:*:namespace/default/JobGroup/${mine.GroupId}`],
      },
    ],
  });
  const update = { JobId: job, Description: 'd' };
  assert.equal((await call('UpdateJob', {}, { ...mine, ...update }))['Success'], true);
  assert.equal((await call('ExecuteJob', { ...mine, JobId: job }))['Success'], true);
  await assert.rejects(call('ExecuteJob', { ...other, JobId: foreign }), { code: 'NoPermission' });
  await assert.rejects(call('DeleteJob', { ...mine, JobId: job }), { code: 'NoPermission' });
});
