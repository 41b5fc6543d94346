import type { Operation } from '../../aliyun/operation.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { namespaceDocument } from '../render/namespace.ts';
import type { SaeServices } from '../services.ts';
import { freeText } from '../validation/catalog-items.ts';
import { namespaceId, namespaceIdInfos, namespaceResource } from '../validation/namespace-ids.ts';
import { changeNamespace } from '../validation/namespaces.ts';
import { checkSlsConfigs, parseSlsConfigs } from '../values/sls-configs.ts';

/** Most characters of either parameter. */
const maxChars = 65_536;

/** Keeps log settings with a namespace: absent = unchanged, empty = removed (sae.md §5.1). */
export const updateNamespaceSlsConfigs: Operation<SaeServices> = {
  name: 'UpdateNamespaceSlsConfigs',
  method: 'POST',
  path: '/pop/cas/namespace/updateNamespaceSlsConfigs',
  parameters: [
    ...namespaceIdInfos,
    { ...parameterInfo('SlsConfigs', 'json', false, 'as in CreateJob; shown'), effect: 'stored' },
    { ...parameterInfo('SlsLogEnvTags', 'string', false, 'kept'), effect: 'stored' },
  ],
  resource: namespaceResource,
  async handle({ params, requestId }, services) {
    const { region } = services.context;
    const id = namespaceId(params, region);
    const SlsConfigs = freeText(params, 'SlsConfigs', maxChars);
    const SlsLogEnvTags = freeText(params, 'SlsLogEnvTags', maxChars);
    if (SlsConfigs !== undefined && SlsConfigs !== '') checkSlsConfigs(parseSlsConfigs(SlsConfigs));
    const updatedAtMs = services.context.nowMs();
    await changeNamespace(services, id, (current) => ({
      ...current,
      document: {
        ...namespaceDocument(current),
        ...(SlsConfigs === undefined ? {} : { SlsConfigs }),
        ...(SlsLogEnvTags === undefined ? {} : { SlsLogEnvTags }),
      },
      updatedAtMs,
    }));
    // The one operation that spells the request id in lower camel (sae.md §2.4).
    return { top: { RequestId: undefined, requestId } };
  },
};
