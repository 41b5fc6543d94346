import type { ComponentType } from 'react';
import { type Chunk, lazyChunk } from './api/chunk.ts';
import { Skeleton } from './design/skeleton.tsx';

/** A page and where it is. */
export interface ConsoleRoute {
  /** As wouter writes it: `/console/runs/:run`. */
  readonly path: string;
  readonly page: Chunk<object>;
}

/** The module of a page exports it as its default. */
type PageModule = () => Promise<{ readonly default: ComponentType }>;

const waiting = (
  <div className="page">
    <Skeleton />
  </div>
);

function page(path: string, load: PageModule): ConsoleRoute {
  return { path, page: lazyChunk(load, waiting) };
}

/** Every page; the first that fits is shown. Each is a chunk of its own: keep the imports lazy. */
export const routes: readonly ConsoleRoute[] = [
  page('/', () => import('./pages/overview/overview-page.tsx')),
  page('/console', () => import('./pages/overview/overview-page.tsx')),
  page('/console/runs', () => import('./pages/runs/runs-page.tsx')),
  page('/console/runs/:run', () => import('./pages/run/run-page.tsx')),
  page('/console/templates', () => import('./pages/templates/templates-page.tsx')),
  page(
    '/console/templates/new/:dialect',
    () => import('./pages/template-edit/template-edit-page.tsx'),
  ),
  page(
    '/console/templates/:template/edit',
    () => import('./pages/template-edit/template-edit-page.tsx'),
  ),
  page('/console/templates/:template', () => import('./pages/template/template-page.tsx')),
  page('/console/links', () => import('./pages/links/links-page.tsx')),
  page('/console/links/new', () => import('./pages/link/link-edit-page.tsx')),
  page('/console/links/:namespace/:link/edit', () => import('./pages/link/link-edit-page.tsx')),
  page('/console/links/:namespace/:link', () => import('./pages/link/link-page.tsx')),
  page('/console/data-jobs', () => import('./pages/data-jobs/data-jobs-page.tsx')),
  page('/console/data-jobs/new', () => import('./pages/data-job-edit/data-job-edit-page.tsx')),
  page(
    '/console/data-jobs/:job/edit',
    () => import('./pages/data-job-edit/data-job-edit-page.tsx'),
  ),
  page('/console/data-jobs/:job', () => import('./pages/data-job/data-job-page.tsx')),
  page('/console/transfers/:run', () => import('./pages/transfer-run/transfer-run-page.tsx')),
  page('/console/workers', () => import('./pages/workers/workers-page.tsx')),
  page('/console/workflows', () => import('./pages/workflows/workflows-page.tsx')),
  page('/console/workflows/:workflow', () => import('./pages/workflow/workflow-page.tsx')),
  page('/console/workflow-runs/:run', () => import('./pages/workflow-run/workflow-run-page.tsx')),
  page('/console/calendars', () => import('./pages/calendars/calendars-page.tsx')),
  page('/console/notifications', () => import('./pages/notifications/notifications-page.tsx')),
  page('/console/namespaces', () => import('./pages/namespaces/namespaces-page.tsx')),
  page('/console/config-maps', () => import('./pages/config-maps/config-maps-page.tsx')),
  page('/console/secrets', () => import('./pages/secrets/secrets-page.tsx')),
  page('/console/access', () => import('./pages/access/access-page.tsx')),
  page('/console/audit', () => import('./pages/audit/audit-page.tsx')),
  page('/console/about', () => import('./pages/about/about-page.tsx')),
];

/** Fetches the page of an address while it is still being found out who is signed in. */
export function preloadPage(address: string): void {
  const fits = ({ path }: ConsoleRoute): boolean =>
    new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`).test(address);
  routes.find(fits)?.page.preload();
}
