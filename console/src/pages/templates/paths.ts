import { path } from '../../api/client.ts';

/** Where the pages of templates are. */
export const templatesHref = '/console/templates';

export function templateHref(id: string): string {
  return path`/console/templates/${id}`;
}

export function editTemplateHref(id: string): string {
  return path`/console/templates/${id}/edit`;
}

/** A new one, by a form of this dialect. */
export function newTemplateHref(dialect: string): string {
  return path`/console/templates/new/${dialect}`;
}

/** A new one that begins as a copy. */
export function copyTemplateHref(dialect: string, id: string): string {
  return `${newTemplateHref(dialect)}?from=${encodeURIComponent(id)}`;
}
