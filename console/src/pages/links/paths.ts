import { path } from '../../api/client.ts';

/** Where the pages of links and data jobs are. */
export const linksHref = '/console/links';
export const newLinkHref = '/console/links/new';
export const dataJobsHref = '/console/data-jobs';
export const newDataJobHref = '/console/data-jobs/new';

export function linkHref(namespace: string, name: string): string {
  return path`/console/links/${namespace}/${name}`;
}

export function editLinkHref(namespace: string, name: string): string {
  return path`/console/links/${namespace}/${name}/edit`;
}

export function dataJobHref(id: string): string {
  return path`/console/data-jobs/${id}`;
}

export function editDataJobHref(id: string): string {
  return path`/console/data-jobs/${id}/edit`;
}

/** A run that moves data, as this part of the console shows it. */
export function transferRunHref(runId: string): string {
  return path`/console/transfers/${runId}`;
}
