import type { Link } from '../../../domain/transfer/link.ts';
import { readLinkDocument } from '../links.ts';
import { renderStored } from './values.ts';

/** A link as showLink shows it (cdm.md §3.2). */
export function renderLink(link: Link): Record<string, unknown> {
  const document = readLinkDocument(link);
  return {
    name: link.name,
    id: link.number,
    'connector-name': document?.connector ?? '',
    'link-config-values':
      document === null ? { configs: [], validators: [] } : renderStored(document.values, 'link'),
    enabled: link.enabled,
    'creation-user': link.createdBy,
    'creation-date': link.createdAtMs,
    'update-user': link.updatedBy,
    'update-date': link.updatedAtMs,
  };
}
