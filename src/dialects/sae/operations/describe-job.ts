import { defaultCatalogLimits } from '../../../domain/catalog.ts';
import type { Template } from '../../../domain/template.ts';
import type { Operation } from '../../aliyun/operation.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { describedJob, mountedConfigMaps } from '../render/described-job.ts';
import type { Definition, JobSurroundings } from '../render/described-job.ts';
import {
  appIdInfo,
  applicationResource,
  knownRun,
  knownTemplate,
  optionalText,
  requiredText,
} from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { sealPurpose } from '../translate/seal-secrets.ts';
import { webhookUrls } from '../translate/webhook.ts';
import { secretMask } from '../validation/bag.ts';
import { readConfigMaps } from '../validation/read-context.ts';

/** All that a template can have. */
const maxTags = defaultCatalogLimits.tagsPerTemplate;

/** Shows a template, or with JobId the snapshot that job ran with (sae.md §4.7, U21). */
export const describeJob: Operation<SaeServices> = {
  name: 'DescribeJob',
  method: 'GET',
  path: '/pop/v1/sam/job/describeJob',
  parameters: [
    appIdInfo,
    parameterInfo('JobId', 'string', false, 'shows the configuration this job ran with'),
  ],
  resource: applicationResource,
  async handle({ params }, services) {
    const template = await knownTemplate(services, requiredText(params, 'AppId'));
    const jobId = optionalText(params, 'JobId');
    const definition =
      jobId === undefined ? template : await knownRun(services, template.id, jobId);
    return {
      data: describedJob(
        template,
        definition,
        await surroundingsOf(services, template, definition),
      ),
    };
  },
};

async function surroundingsOf(
  { context, settings }: SaeServices,
  template: Template,
  definition: Definition,
): Promise<JobSurroundings> {
  const { templates, catalog } = context.engine;
  const unseal = (sealed: string, purpose: string) => context.unseal(sealed, purpose);
  const configMaps = await readConfigMaps(mountedConfigMaps(definition), context.engine);
  return {
    region: context.region,
    refedAppIds: await templates.referringTo(template.id),
    configMapNames: new Map([...configMaps.values()].map(({ id, name }) => [id, name])),
    tags: await catalog.tagged({ dialect: 'sae', templateIds: [template.id], limit: maxTags }),
    showSecret: (sealed) =>
      settings.showOssSecret ? unseal(sealed, sealPurpose('OssAkSecret')) : secretMask,
    // The current ones: a token in a run's snapshot may be void by now.
    webhooks: webhookUrls(template.document, settings, unseal),
  };
}
