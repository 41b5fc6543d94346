import type { Operation, Params } from '../../aliyun/operation.ts';
import { saeError } from '../errors.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { type AppEvent, appEvents } from '../render/app-event.ts';
import {
  knownTemplate,
  optionalChoice,
  optionalText,
  pageInfos,
  pageRequest,
} from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { requiredNamespace } from './lookups/namespace.ts';

const maxPageSize = 10_000;
/** Newest jobs whose events are looked through. */
const maxEventJobs = 50;
/** Most events that are looked through. */
const maxEvents = 10_000;

const objectKinds = [
  'Deployment',
  'Pod',
  'Service',
  'HorizontalPodAutoscaler',
  'CloneSet',
] as const;

/**
 * Lists what happened to the newest jobs of a namespace or a template, newest event first
 * (sae.md §5.5). TotalSize counts what can be paged to: the events of the newest `maxEventJobs`
 * jobs that the filters let pass. The service keeps events for a short time only, too.
 */
export const listAppEvents: Operation<SaeServices> = {
  name: 'ListAppEvents',
  method: 'GET',
  path: '/pop/v1/sam/app/listAppEvents',
  parameters: [
    parameterInfo('Namespace', 'string', true, `events of its newest ${maxEventJobs} jobs`),
    parameterInfo('AppId', 'string', false, 'only this template of the namespace'),
    parameterInfo('ObjectKind', 'string', false, 'Deployment: of jobs, Pod: of their instances'),
    parameterInfo('ObjectName', 'string', false, 'how the object’s name begins'),
    parameterInfo('EventType', 'string', false, 'Normal or Warning'),
    parameterInfo('Reason', 'string', false, 'how the reason begins'),
    ...pageInfos(maxPageSize),
  ],
  resource: eventsResource,
  async handle({ params }, services) {
    const page = pageRequest(params, maxPageSize);
    const passes = eventFilter(params);
    const namespace = await requiredNamespace(params, 'Namespace', services);
    const templateId = await templateOf(params, services, namespace);
    const events = (await newestEvents(services, namespace, templateId)).filter(passes);
    return {
      data: {
        CurrentPage: page.currentPage,
        PageSize: page.pageSize,
        TotalSize: events.length,
        AppEventEntity: events.slice(page.offset, page.offset + page.pageSize),
      },
      omitTraceId: true,
    };
  },
};

/** The RAM resource: the template that AppId names, else all of the namespace. */
async function eventsResource(params: Params, { context }: SaeServices): Promise<string> {
  const { engine, region, accountId } = context;
  const namespace = optionalText(params, 'Namespace');
  if (namespace === undefined) return '*';
  const appId = optionalText(params, 'AppId');
  const template = appId === undefined ? null : await engine.templates.get(appId, 'sae');
  // A template of another namespace is refused by the operation.
  const part = template?.namespace === namespace ? template.id : '*';
  return `acs:sae:${region}:${accountId}:application/${namespace}/${part}`;
}

async function templateOf(
  params: Params,
  services: SaeServices,
  namespace: string,
): Promise<string | undefined> {
  const appId = optionalText(params, 'AppId');
  if (appId === undefined) return undefined;
  const template = await knownTemplate(services, appId);
  if (template.namespace !== namespace) throw saeError('InvalidApplication.NotFound');
  return template.id;
}

function eventFilter(params: Params): (event: AppEvent) => boolean {
  const kind = optionalChoice(params, 'ObjectKind', objectKinds);
  const type = optionalChoice(params, 'EventType', ['Normal', 'Warning']);
  const name = optionalText(params, 'ObjectName') ?? '';
  const reason = optionalText(params, 'Reason') ?? '';
  return (event) =>
    (kind === undefined || event.ObjectKind === kind) &&
    (type === undefined || event.EventType === type) &&
    event.ObjectName.startsWith(name) &&
    event.Reason.startsWith(reason);
}

/** Events of the newest jobs, newest first: within one job in the order they were recorded. */
async function newestEvents(
  { context: { engine } }: SaeServices,
  namespace: string,
  templateId: string | undefined,
): Promise<readonly AppEvent[]> {
  const { rows: runs } = await engine.runs.list({
    dialect: 'sae',
    namespace,
    ...(templateId === undefined ? {} : { templateId }),
    offset: 0,
    limit: maxEventJobs,
  });
  const found: AppEvent[] = [];
  for (const { id } of runs) {
    if (found.length >= maxEvents) break;
    const run = await engine.runs.get(id);
    // Deleted since it was listed.
    if (run === null) continue;
    found.push(...appEvents(run, await engine.runs.events(id)).toReversed());
  }
  // The sort is stable, so events of one moment keep their order.
  return found
    .sort((one, other) => Date.parse(other.FirstTimestamp) - Date.parse(one.FirstTimestamp))
    .slice(0, maxEvents);
}
