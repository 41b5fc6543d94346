import type { ConfigValues } from '../values/config-values.ts';
import { renderValues } from '../values/render-values.ts';
import { maskValues } from '../values/secrets.ts';

/** Kept values as clients may see them; sealed secrets become placeholders unopened. */
export function renderStored(
  stored: unknown,
  group: 'from' | 'to' | 'driver' | 'link',
): Readonly<Record<string, unknown>> {
  return renderValues(maskValues(stored as ConfigValues), group);
}
