import type { Operation } from '../../aliyun/operation.ts';
import { jobParameters } from '../parameters/job-parameters.ts';
import { parameterInfos } from '../parameters/parameter.ts';
import type { SaeServices } from '../services.ts';
import { toRevision } from '../translate/revision.ts';
import { sealSecrets } from '../translate/seal-secrets.ts';
import { mergedParameters, sentParameters } from '../validation/bag.ts';
import { validateJob } from '../validation/validate-job.ts';

/** Stores a new job template (sae.md §4.1). */
export const createJob: Operation<SaeServices> = {
  name: 'CreateJob',
  method: 'POST',
  path: '/pop/v1/sam/job/createJob',
  parameters: parameterInfos(jobParameters, 'create'),
  async handle({ params, caller }, { context, settings }) {
    const bag = mergedParameters(
      {},
      sealSecrets(sentParameters(params, 'create'), (text, purpose) => context.seal(text, purpose)),
    );
    const refAppId = bag['RefAppId'];
    const job = validateJob(bag, {
      operation: 'create',
      region: context.region,
      settings,
      reference:
        refAppId === undefined
          ? null
          : { exists: (await context.engine.templates.get(refAppId, 'sae')) !== null, self: false },
    });
    const revision = toRevision(job, settings);
    const { template, changeId } = await context.engine.templates.create(
      { ...revision, dialect: 'sae', namespace: job.namespace, name: bag['AppName'] ?? '' },
      caller.user,
    );
    return { data: { ChangeOrderId: changeId, AppId: template.id } };
  },
};
