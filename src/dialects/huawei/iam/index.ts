/** IAM, version 3: accounts, projects and tokens, as far as clients of the family need them. */
import { iamBody } from '../envelope.ts';
import type { HuaweiFamily } from '../family.ts';
import type { Product } from '../operation.ts';
import { domainErrors, iamErrors, misshapen } from './errors.ts';
import { createToken } from './operations/create-token.ts';
import { createProject, listAuthProjects, listProjects } from './operations/projects.ts';
import { listAuthDomains, listRegions } from './operations/regions.ts';
import { showToken } from './operations/show-token.ts';

/** The product that the Huawei pipeline serves (cdm.md §2.2). */
export function createIamProduct(family: HuaweiFamily): Product<HuaweiFamily> {
  return {
    name: 'iam',
    bases: ['/v3'],
    operations: [
      createToken,
      showToken,
      listProjects,
      listAuthProjects,
      createProject,
      listRegions,
      listAuthDomains,
    ],
    services: family,
    failureBody: iamBody,
    denied: () => iamErrors.forbidden(),
    misshapen,
    internalError: iamErrors.internal,
    errors: domainErrors,
  };
}
