import { randomBytes } from 'node:crypto';
import type { Operation } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { jobParameters } from '../parameters/job-parameters.ts';
import { parameterInfos } from '../parameters/parameter.ts';
import type { ParameterBag } from '../parameters/parameter.ts';
import { applicationResource, refuseInMaintenance, requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { toRevision } from '../translate/revision.ts';
import { sealSecrets } from '../translate/seal-secrets.ts';
import { newWebhookToken, webhookPart } from '../translate/webhook.ts';
import { mergedParameters, sentParameters, storedParameters } from '../validation/bag.ts';
import { readValidationContext, refersAlike } from '../validation/read-context.ts';
import { validateJob } from '../validation/validate-job.ts';

/** How often it is read again what a definition refers to, because another change came first. */
const maxTries = 5;

/** Another change made the template refer to something that was not read. */
class RefersElsewhere extends Error {}

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
  async handle({ params, caller }, services) {
    const { context, settings } = services;
    refuseInMaintenance(settings);
    const appId = requiredText(params, 'AppId');
    const sent = sealSecrets(sentParameters(params, 'update'), (text, purpose) =>
      context.seal(text, purpose),
    );
    const fresh = newWebhookToken(randomBytes, (text, purpose) => context.seal(text, purpose));
    for (let tries = 0; tries < maxTries; tries += 1) {
      // Read before the transaction, which must not wait for what the definition refers to.
      const { bag: expected, validation } = await readMerged(services, appId, sent, caller.user);
      try {
        const { template, changeId } = await context.engine.templates.update(
          appId,
          'sae',
          (current) => {
            const previous = storedParameters(current.document);
            const bag = mergedParameters(previous, sent);
            if (!refersAlike(bag, expected)) throw new RefersElsewhere();
            const job = validateJob(bag, { ...validation, previous });
            return toRevision(job, settings, webhookPart(current, job.trigger, fresh));
          },
          caller.user,
        );
        return { data: { ChangeOrderId: changeId, AppId: template.id } };
      } catch (error) {
        if (!(error instanceof RefersElsewhere)) throw error;
      }
    }
    throw saeError('Application.ChangerOrderRunning');
  },
};

/**
 * The definition that the change makes of the template as it is now, and what its checks need.
 * @throws WireError `InvalidApplication.NotFound`; DomainError `template-deleting`.
 */
async function readMerged(services: SaeServices, appId: string, sent: ParameterBag, user: string) {
  const { templates } = services.context.engine;
  const current =
    (await templates.get(appId, 'sae')) ??
    // Only a change tells a template whose deletion is under way from an unknown one.
    (await templates.update(appId, 'sae', refuseUnknown, user)).template;
  const previous = storedParameters(current.document);
  const bag = mergedParameters(previous, sent);
  const validation = await readValidationContext(services, {
    bag,
    sentRefAppId: sent['RefAppId'],
    current: { appId, bag: previous },
  });
  return { bag, validation };
}

function refuseUnknown(): never {
  throw saeError('InvalidApplication.NotFound');
}
