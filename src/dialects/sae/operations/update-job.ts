import type { Operation } from '../../aliyun/operation.ts';
import { jobParameters } from '../parameters/job-parameters.ts';
import { parameterInfos } from '../parameters/parameter.ts';
import { applicationResource, requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { toRevision } from '../translate/revision.ts';
import { sealSecrets } from '../translate/seal-secrets.ts';
import { mergedParameters, sentParameters, storedParameters } from '../validation/bag.ts';
import { validateJob } from '../validation/validate-job.ts';

/**
 * Changes a template: what is sent replaces, what is absent stays, and the result is checked as
 * a whole (sae.md §4.1, U26). Running jobs keep their snapshot.
 */
export const updateJob: Operation<SaeServices> = {
  name: 'UpdateJob',
  method: 'POST',
  path: '/pop/v1/sam/job/updateJob',
  parameters: parameterInfos(jobParameters, 'update'),
  resource: applicationResource,
  async handle({ params, caller }, { context, settings }) {
    const appId = requiredText(params, 'AppId');
    const sent = sealSecrets(sentParameters(params, 'update'), (text, purpose) =>
      context.seal(text, purpose),
    );
    const refAppId = sent['RefAppId'] ?? '';
    // Asked before the change, since the change itself is computed inside a transaction.
    const reference =
      refAppId === ''
        ? null
        : {
            exists: (await context.engine.templates.get(refAppId, 'sae')) !== null,
            self: refAppId === appId,
          };
    const { template, changeId } = await context.engine.templates.update(
      appId,
      'sae',
      (current) => {
        const bag = mergedParameters(storedParameters(current.document), sent);
        return toRevision(
          validateJob(bag, { operation: 'update', region: context.region, settings, reference }),
          settings,
        );
      },
      caller.user,
    );
    return { data: { ChangeOrderId: changeId, AppId: template.id } };
  },
};
