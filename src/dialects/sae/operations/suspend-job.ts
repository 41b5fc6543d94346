import type { Operation } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { readBoolean } from '../parameters/scalars.ts';
import { appIdInfo, applicationResource, requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';

/**
 * Suspends or resumes a template; running jobs go on (sae.md §4.5). What `true` means is the
 * operator's choice, since the service's pages contradict each other (C1).
 */
export const suspendJob: Operation<SaeServices> = {
  name: 'SuspendJob',
  method: 'GET',
  path: '/pop/v1/sam/job/suspendJob',
  parameters: [
    appIdInfo,
    parameterInfo('Suspend', 'boolean', true, 'true suspends; suspendSemantics=manual inverts it'),
  ],
  resource: applicationResource,
  async handle({ params, caller }, { context, settings }) {
    const appId = requiredText(params, 'AppId');
    const suspend = readBoolean(requiredText(params, 'Suspend'));
    if (suspend === undefined) throw saeError('InvalidParameter.Obviously', 'Suspend');
    const suspended = settings.suspendSemantics === 'field' ? suspend : !suspend;
    await context.engine.templates.setSuspended(appId, 'sae', suspended, caller.user);
    return { data: '{"success":true}' };
  },
};
