import type { Operation } from '../../aliyun/operation.ts';
import { namespaceRow } from '../render/namespace.ts';
import { pageInfos, pageRequest, requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { allNamespaces } from '../validation/namespaces.ts';

const maxPageSize = 10_000;

/** Lists namespaces page by page, the default one first (sae.md §5.1). */
export const describeNamespaces: Operation<SaeServices> = {
  name: 'DescribeNamespaces',
  method: 'GET',
  path: '/pop/v1/paas/namespaces',
  parameters: pageInfos(maxPageSize).map((info) => ({ ...info, required: true })),
  async handle({ params }, services) {
    requiredText(params, 'CurrentPage');
    requiredText(params, 'PageSize');
    const { currentPage, pageSize, offset } = pageRequest(params, maxPageSize);
    const namespaces = await allNamespaces(services);
    const { region } = services.context;
    return {
      data: {
        CurrentPage: currentPage,
        PageSize: pageSize,
        TotalSize: namespaces.length,
        Namespaces: namespaces
          .slice(offset, offset + pageSize)
          .map((namespace) => namespaceRow(namespace, region)),
      },
    };
  },
};
