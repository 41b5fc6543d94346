import type { Namespace } from '../../../domain/catalog.ts';
import type { NamedChange } from '../../../engine/index.ts';
import { shortIdOf } from '../validation/namespaces.ts';

/** What a namespace keeps besides the fields that the engine knows. */
export interface NamespaceDocument {
  readonly EnableMicroRegistration: boolean;
  readonly VpcId?: string;
  readonly SlsConfigs?: string;
  readonly SlsLogEnvTags?: string;
}

/** The dialect's own record of a namespace. */
export function namespaceDocument({ document }: Namespace): NamespaceDocument {
  const text = (name: keyof NamespaceDocument) => {
    const value = document[name];
    return typeof value === 'string' ? { [name]: value } : {};
  };
  return {
    EnableMicroRegistration: document['EnableMicroRegistration'] !== false,
    ...text('VpcId'),
    ...text('SlsConfigs'),
    ...text('SlsLogEnvTags'),
  };
}

/** `Data` of CreateNamespace, UpdateNamespace and DescribeNamespace: N of sae.md §5.1. */
export function describedNamespace(namespace: Namespace, region: string): Record<string, unknown> {
  return {
    ...named(namespace),
    NamespaceDescription: namespace.description,
    RegionId: region,
    EnableMicroRegistration: namespaceDocument(namespace).EnableMicroRegistration,
  };
}

/** One row of DescribeNamespaces. The last four are the cloud's own and always empty here. */
export function namespaceRow(namespace: Namespace, region: string): Record<string, unknown> {
  return {
    ...named(namespace),
    NamespaceDescription: namespace.description,
    RegionId: region,
    TenantId: '',
    AccessKey: '',
    SecretKey: '',
    AddressServerHost: '',
  };
}

/** One row of DescribeNamespaceList. */
export function namespaceListItem(namespace: Namespace, region: string): Record<string, unknown> {
  const isDefault = namespace.id === region;
  return {
    ...named(namespace),
    RegionId: region,
    VpcId: namespaceDocument(namespace).VpcId,
    Current: isDefault,
    Custom: !isDefault,
    HybridCloudEnable: false,
  };
}

/** What DescribeNamespaceResources tells besides the namespace itself. */
export interface NamespaceUse {
  /** Templates in it. */
  readonly templates: number;
  /** Newest change of a template in it. */
  readonly lastChange: NamedChange | null;
}

/** `Data` of DescribeNamespaceResources. What is not set is undefined, so JSON leaves it out (U33). */
export function namespaceResources(
  namespace: Namespace,
  use: NamespaceUse,
  place: { readonly region: string; readonly accountId: string },
): Record<string, unknown> {
  const { VpcId, SlsConfigs } = namespaceDocument(namespace);
  return {
    ...named(namespace),
    Description: namespace.description,
    BelongRegion: place.region,
    VpcId,
    SlsConfigs,
    UserId: place.accountId,
    AppCount: use.templates,
    LastChangeOrderId: use.lastChange?.id,
    // Changes are applied at once, so the last one succeeded and none is under way.
    LastChangeOrderStatus: use.lastChange === null ? 'READY' : 'SUCCESS',
    LastChangeOrderRunning: false,
    NotificationExpired: false,
  };
}

function named({ id, name }: Namespace): Record<string, unknown> {
  return { NamespaceId: id, NameSpaceShortId: shortIdOf(id), NamespaceName: name };
}
