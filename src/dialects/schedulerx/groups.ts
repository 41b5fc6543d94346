/** Applications (app groups): documents `app-group`, by namespace and GroupId (schedulerx.md §4.2). */
import type { Document, Engine } from '../../engine/index.ts';
import type { Params } from '../aliyun/operation.ts';
import type { WireError } from '../aliyun/errors.ts';
import { failures } from './errors.ts';
import { findNamespace } from './namespaces.ts';
import { required } from './parameters.ts';
import type { SchedulerxServices } from './services.ts';

const kind = 'app-group';
/** What an AppKey is sealed for. */
const keyPurpose = 'schedulerx app key';
/** Applications read in one go. */
const groupsPerPage = 500;

/** Somebody who may use one application without a policy that says so. */
export interface Grant {
  readonly userId: string;
  readonly userName: string;
  /** Whether they may pass it on. */
  readonly grantOption: boolean;
}

/** What is kept of an application, as CreateAppGroup and UpdateAppGroup gave it. */
export interface AppGroupContent {
  readonly appName: string;
  /** `appKeyOf` opens it. */
  readonly sealedAppKey: string;
  readonly appType: number;
  readonly appVersion: number;
  readonly description: string;
  readonly enableLog: boolean;
  readonly maxJobs: number;
  /** Most instances at the same time; 0 = any. */
  readonly maxConcurrency: number;
  readonly monitorConfigJson: string;
  readonly monitorContactsJson: string;
  readonly namespaceName: string;
  readonly notificationPolicyName: string;
  readonly scheduleBusyWorkers: boolean;
  readonly grants: readonly Grant[];
}

/** An application. */
export interface AppGroup extends AppGroupContent {
  /** AppGroupId. */
  readonly number: number;
  readonly namespace: string;
  readonly groupId: string;
}

/** Namespace of the engine's templates that belong to an application, for lists. */
export function templateNamespaceOf(group: Pick<AppGroup, 'namespace' | 'groupId'>): string {
  return `${group.namespace}/${group.groupId}`;
}

/** Undoes `templateNamespaceOf`. Namespaces have no slash in their ids. */
export function groupOfTemplateNamespace(text: string): {
  readonly namespace: string;
  readonly groupId: string;
} {
  const slash = text.indexOf('/');
  return { namespace: text.slice(0, slash), groupId: text.slice(slash + 1) };
}

/** Null when there is none. */
export async function findGroup(
  { context }: SchedulerxServices,
  namespace: string,
  groupId: string,
): Promise<AppGroup | null> {
  const document = await context.engine.documents.document(nameOf(namespace, groupId));
  return document === null ? null : groupOf(document);
}

/** By AppGroupId; null when there is none. */
export async function groupByNumber(
  { context }: { readonly context: { readonly engine: Pick<Engine, 'documents'> } },
  number: number,
): Promise<AppGroup | null> {
  const found = await context.engine.documents.documentByNumber('schedulerx', kind, number);
  return found === null ? null : groupOf(found);
}

/**
 * The application that `Namespace` and `GroupId` name.
 * @param unknown the refusal when the namespace is there and the application is not.
 * @throws WireError `Missing{Name}`, unknown namespace, unknown application.
 */
export async function requireGroup(
  services: SchedulerxServices,
  params: Params,
  unknown: (groupId: string, namespace: string) => WireError = failures.unknownGroup,
): Promise<AppGroup> {
  const namespace = required(params, 'Namespace');
  const groupId = required(params, 'GroupId');
  const group = await findGroup(services, namespace, groupId);
  if (group !== null) return group;
  if ((await findNamespace(services, namespace)) === null) {
    throw failures.unknownNamespace(namespace, params.get('NamespaceSource'));
  }
  throw unknown(groupId, namespace);
}

/** The application that `GroupId` names, or null when the parameter is absent (§6 #10). */
export async function optionalGroup(
  services: SchedulerxServices,
  params: Params,
): Promise<AppGroup | null> {
  return params.has('GroupId') ? requireGroup(services, params) : null;
}

/** All applications of a namespace, by number; of all namespaces when it is undefined. */
export async function groupsOf(
  { context }: { readonly context: { readonly engine: Pick<Engine, 'documents'> } },
  namespace?: string,
): Promise<readonly AppGroup[]> {
  const groups: AppGroup[] = [];
  for (;;) {
    const page = await context.engine.documents.documents({
      dialect: 'schedulerx',
      kind,
      ...(namespace === undefined ? {} : { parent: namespace }),
      offset: groups.length,
      limit: groupsPerPage,
    });
    groups.push(...page.rows.map(groupOf));
    if (page.rows.length === 0 || groups.length >= page.total) return groups;
  }
}

/**
 * Creates, changes or deletes an application in one transaction; `revise` is pure, what it throws
 * passes through and nothing is changed.
 */
export async function changeGroup(
  { context }: SchedulerxServices,
  namespace: string,
  groupId: string,
  revise: (current: AppGroup | null) => AppGroupContent | null,
): Promise<AppGroup | null> {
  const changed = await context.engine.documents.changeDocument(
    nameOf(namespace, groupId),
    context.nowMs(),
    (document) => {
      const next = revise(document === null ? null : groupOf(document));
      return next === null ? null : { parent: namespace, value: { ...contentOf(next) } };
    },
  );
  return changed === null ? null : groupOf(changed);
}

/**
 * Lets so many instances of an application run at the same time, 0 = any number; the others wait
 * by the priority of their job (schedulerx.md §5.8).
 */
export async function limitGroup(
  { context }: SchedulerxServices,
  group: Pick<AppGroup, 'namespace' | 'groupId'>,
  maxConcurrency: number,
): Promise<void> {
  const most = maxConcurrency === 0 ? null : maxConcurrency;
  await context.engine.runs.limit('schedulerx', templateNamespaceOf(group), most);
}

/** The key that workers of an application prove themselves with. */
export function appKeyOf(
  { context }: { readonly context: { unseal(sealed: string, purpose: string): string } },
  group: Pick<AppGroupContent, 'sealedAppKey'>,
): string {
  return context.unseal(group.sealedAppKey, keyPurpose);
}

/** An AppKey as it is kept. */
export function sealAppKey({ context }: SchedulerxServices, key: string): string {
  return context.seal(key, keyPurpose);
}

function nameOf(namespace: string, groupId: string) {
  return { dialect: 'schedulerx', kind, key: `${namespace}/${groupId}` } as const;
}

function groupOf({ key, number, value }: Document): AppGroup {
  return {
    ...contentOf(value as unknown as AppGroupContent),
    number,
    ...groupOfTemplateNamespace(key),
  };
}

/** The content alone, without what the document's name says. */
function contentOf(content: AppGroupContent): AppGroupContent {
  return {
    appName: content.appName,
    sealedAppKey: content.sealedAppKey,
    appType: content.appType,
    appVersion: content.appVersion,
    description: content.description,
    enableLog: content.enableLog,
    maxJobs: content.maxJobs,
    maxConcurrency: content.maxConcurrency,
    monitorConfigJson: content.monitorConfigJson,
    monitorContactsJson: content.monitorContactsJson,
    namespaceName: content.namespaceName,
    notificationPolicyName: content.notificationPolicyName,
    scheduleBusyWorkers: content.scheduleBusyWorkers,
    grants: content.grants,
  };
}
