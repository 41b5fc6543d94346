import type { WorkerArtifact } from '../../../domain/template.ts';
import { failures } from '../errors.ts';

type Routes = NonNullable<WorkerArtifact['routes']>;

/** A route strategy as CreateRouteStrategy gave it (schedulerx.md §5.11). */
export interface RouteStrategy {
  readonly name: string;
  /** 3 = by percentage. */
  readonly type: number;
  /** Off = kept without effect. */
  readonly enabled: boolean;
  readonly content: string;
  readonly routes: Routes;
}

const maxRoutes = 50;
const maxTargets = 200;
const maxTargetChars = 200;

/** What acts; null when there is none, or it is off. */
export function routesOf(strategy: RouteStrategy | null): Routes | null {
  return strategy === null || !strategy.enabled ? null : strategy.routes;
}

/**
 * Reads StrategyContent: a JSON array of `{percentage, target, targetType}`, where `target` is the
 * JSON text of a list. @throws WireError business failure that says what is wrong where.
 */
export function parseStrategyContent(text: string): Routes {
  if (text.trim() === '') return [];
  const list = parsed(text);
  if (!Array.isArray(list)) throw unfit('it must be a JSON array');
  if (list.length > maxRoutes) throw unfit(`at most ${maxRoutes} entries are allowed`);
  const routes = list.map(routeOf);
  const total = routes.reduce((sum, { percentage }) => sum + percentage, 0);
  if (total > 100) throw unfit(`the percentages add up to ${total}, more than 100`);
  return routes;
}

function routeOf(entry: unknown, index: number): Routes[number] {
  if (typeof entry !== 'object' || entry === null) throw unfit(`[${index}] is no object`);
  const { percentage, target, targetType } = entry as Readonly<Record<string, unknown>>;
  const share = Number(
    typeof percentage === 'string' && percentage === '' ? Number.NaN : percentage,
  );
  if (!Number.isInteger(share) || share < 0 || share > 100) {
    throw unfit(`[${index}].percentage must be a whole number from 0 to 100`);
  }
  if (targetType !== 'label' && targetType !== 'worker') {
    throw unfit(`[${index}].targetType must be label or worker`);
  }
  const values = typeof target === 'string' ? parsed(target) : target;
  if (
    !Array.isArray(values) ||
    values.length === 0 ||
    values.length > maxTargets ||
    !values.every(
      (value): value is string =>
        typeof value === 'string' &&
        value !== '' &&
        value.length <= maxTargetChars &&
        // No store keeps it.
        !value.includes('\0'),
    )
  ) {
    throw unfit(
      `[${index}].target must be the JSON text of a list of ${targetType === 'label' ? 'labels' : 'addresses'}, e.g. ${JSON.stringify('["version1"]')}`,
    );
  }
  return { percentage: share, by: targetType === 'label' ? 'label' : 'address', values };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unfit(reason: string): Error {
  return failures.unfit('strategyContent', reason);
}
