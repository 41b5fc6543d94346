import { randomBytes } from 'node:crypto';
import type { Operation } from '../../aliyun/operation.ts';
import { jobParameters } from '../parameters/job-parameters.ts';
import { parameterInfos } from '../parameters/parameter.ts';
import { refuseInMaintenance } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { toRevision } from '../translate/revision.ts';
import { sealSecrets } from '../translate/seal-secrets.ts';
import { newWebhookToken, webhookPart } from '../translate/webhook.ts';
import { mergedParameters, sentParameters } from '../validation/bag.ts';
import { readValidationContext } from '../validation/read-context.ts';
import { validateJob } from '../validation/validate-job.ts';

/** Stores a new job template (sae.md §4.1). */
export const createJob: Operation<SaeServices> = {
  name: 'CreateJob',
  method: 'POST',
  path: '/pop/v1/sam/job/createJob',
  parameters: parameterInfos(jobParameters, 'create'),
  async handle({ params, caller }, services) {
    const { context, settings } = services;
    refuseInMaintenance(settings);
    const seal = (text: string, purpose: string) => context.seal(text, purpose);
    const bag = mergedParameters({}, sealSecrets(sentParameters(params, 'create'), seal));
    const job = validateJob(
      bag,
      await readValidationContext(services, {
        bag,
        sentRefAppId: bag['RefAppId'],
        current: null,
      }),
    );
    const webhook = webhookPart(null, job.trigger, newWebhookToken(randomBytes, seal));
    const { template, changeId } = await context.engine.templates.create(
      {
        ...toRevision(job, settings, webhook),
        dialect: 'sae',
        namespace: job.namespace,
        name: bag['AppName'] ?? '',
      },
      caller.user,
    );
    return { data: { ChangeOrderId: changeId, AppId: template.id } };
  },
};
