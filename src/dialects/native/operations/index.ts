import type { NativeOperation } from '../operation.ts';
import { dataJobOperations } from './data-jobs.ts';
import { infoOperations } from './info.ts';
import { keyOperations } from './keys.ts';
import { linkOperations } from './links.ts';
import { logOperations } from './logs.ts';
import { logStoreOperations } from './logstores.ts';
import { policyOperations } from './policies.ts';
import { runOperations } from './runs.ts';
import { scheduleOperations } from './schedules.ts';
import { templateOperations } from './templates.ts';
import { userOperations } from './users.ts';

/** Every operation of the native API: routing, validation and the OpenAPI document use this table. */
export const nativeOperations: readonly NativeOperation[] = [
  ...infoOperations,
  ...templateOperations,
  ...scheduleOperations,
  ...runOperations,
  ...logOperations,
  ...logStoreOperations,
  ...linkOperations,
  ...dataJobOperations,
  ...keyOperations,
  ...userOperations,
  ...policyOperations,
];
