import type { NativeOperation } from '../operation.ts';
import { accessOperations } from './access.ts';
import { auditOperations } from './audit.ts';
import { calendarOperations } from './calendars.ts';
import { configMapOperations } from './config-maps.ts';
import { dataJobOperations } from './data-jobs.ts';
import { infoOperations } from './info.ts';
import { keyOperations } from './keys.ts';
import { linkProbeOperations } from './link-probes.ts';
import { linkOperations } from './links.ts';
import { logFileOperations } from './log-files.ts';
import { logOperations } from './logs.ts';
import { logStoreOperations } from './logstores.ts';
import { namespaceOperations } from './namespaces.ts';
import { notificationOperations } from './notifications.ts';
import { formOperations } from './operations-forms.ts';
import { overviewOperations } from './overview.ts';
import { policyOperations } from './policies.ts';
import { runAgainOperations } from './run-again.ts';
import { runListOperations } from './run-list.ts';
import { runOperations } from './runs.ts';
import { scheduleOperations } from './schedules.ts';
import { secretOperations } from './secrets.ts';
import { templateListOperations } from './templates-list.ts';
import { templatePastOperations } from './templates-past.ts';
import { templateOperations } from './templates.ts';
import { transferRunOperations } from './transfer-runs.ts';
import { userOperations } from './users.ts';
import { workerOperations } from './workers.ts';
import { workflowRunOperations } from './workflow-runs.ts';
import { workflowOperations } from './workflows.ts';

/** Every operation of the native API: routing, validation and the OpenAPI document use this table. */
export const nativeOperations: readonly NativeOperation[] = [
  ...infoOperations,
  ...overviewOperations,
  ...templateListOperations,
  ...templateOperations,
  ...templatePastOperations,
  ...formOperations,
  ...scheduleOperations,
  ...runOperations,
  ...runListOperations,
  ...runAgainOperations,
  ...logOperations,
  ...logFileOperations,
  ...logStoreOperations,
  ...linkOperations,
  ...linkProbeOperations,
  ...dataJobOperations,
  ...transferRunOperations,
  ...keyOperations,
  ...userOperations,
  ...policyOperations,
  ...auditOperations,
  ...accessOperations,
  ...workerOperations,
  ...workflowOperations,
  ...workflowRunOperations,
  ...calendarOperations,
  ...notificationOperations,
  ...namespaceOperations,
  ...configMapOperations,
  ...secretOperations,
];
