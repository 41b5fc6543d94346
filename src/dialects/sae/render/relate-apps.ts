import type { ReferringTemplate } from '../../../domain/catalog.ts';

/** `RelateApps` of a ConfigMap or Secret: the templates that use it. */
export function relateApps(
  id: number,
  referring: readonly ReferringTemplate[],
): readonly Record<string, unknown>[] {
  return referring
    .filter(({ targetId }) => targetId === id)
    .map(({ templateId, templateName }) => ({ AppId: templateId, AppName: templateName }));
}
