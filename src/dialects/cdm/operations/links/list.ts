import type { CdmOperation } from '../../operation.ts';
import { createLink } from './create-link.ts';
import { deleteLink } from './delete-link.ts';
import { showLink } from './show-link.ts';
import { updateLink } from './update-link.ts';

/** Operations about links (cdm.md §3.13). */
export const linkOperations: readonly CdmOperation[] = [
  createLink,
  updateLink,
  deleteLink,
  showLink,
];
