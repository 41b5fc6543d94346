/** What the native API shows of SchedulerX: groups, workflows, calendars, policies, namespaces. */
import type { Insight, NamespaceFacts } from '../kit/insight.ts';
import { groupsOf, templateNamespaceOf } from './groups.ts';
import { calendarInsight } from './insight-calendars.ts';
import { listWorkerGroups } from './insight-groups.ts';
import { listNotificationPolicies } from './insight-notifications.ts';
import { resumeWorkflowRun } from './insight-resume.ts';
import { findWorkflowRun } from './insight-workflow-runs.ts';
import { enableWorkflow, findWorkflow, listWorkflows, runWorkflow } from './insight-workflows.ts';
import { systemNamespace } from './namespaces.ts';
import type { SchedulerxServices } from './services.ts';

/** Namespaces read in one go. */
const namespacesPerPage = 500;

/** What the composition root hands to the native dialect. */
export function createSchedulerxInsight(services: SchedulerxServices): Insight {
  return {
    dialect: 'schedulerx',
    namespaces: () => namespacesWithGroups(services),
    workerGroups: { list: (query) => listWorkerGroups(services, query) },
    workflows: {
      list: (query) => listWorkflows(services, query),
      find: (id) => findWorkflow(services, id),
      run: (id, parameters, by) => runWorkflow(services, id, parameters, by),
      enable: (id, enabled, by) => enableWorkflow(services, id, enabled, by),
      findRun: (runId) => findWorkflowRun(services, runId),
      resume: (runId, by) => resumeWorkflowRun(services, runId, by),
    },
    calendars: calendarInsight(services),
    notifications: { list: (query) => listNotificationPolicies(services, query) },
  };
}

/** Namespaces, each followed by its applications: these are what jobs live in. */
async function namespacesWithGroups(
  services: SchedulerxServices,
): Promise<readonly NamespaceFacts[]> {
  const { catalog } = services.context.engine;
  const stored = [];
  for (;;) {
    const page = await catalog.namespaces('schedulerx', stored.length, namespacesPerPage);
    stored.push(...page.rows);
    if (page.rows.length === 0 || stored.length >= page.total) break;
  }
  const groups = await groupsOf(services);
  return [systemNamespace, ...stored].flatMap((namespace): NamespaceFacts[] => {
    const { id, name, description, createdAtMs, updatedAtMs } = namespace;
    const own = groups.filter((group) => group.namespace === id);
    return [
      {
        dialect: 'schedulerx',
        kind: 'namespace',
        id,
        name,
        description,
        parent: null,
        templateNamespace: null,
        createdAtMs,
        updatedAtMs,
      },
      ...own.map((group): NamespaceFacts => {
        const templateNamespace = templateNamespaceOf(group);
        return {
          dialect: 'schedulerx',
          kind: 'application',
          id: group.groupId,
          name: group.appName,
          description: group.description,
          parent: id,
          templateNamespace,
          createdAtMs: 0,
          updatedAtMs: 0,
        };
      }),
    ];
  });
}
