import { row } from './error-row.ts';

/**
 * Error codes that only the supporting operations have: namespaces, ConfigMaps, Secrets, change
 * orders, tags (sae.md §5). They share those of the job operations besides.
 */
export const supportingErrors = {
  'InstanceExist.NamespaceId': row(400, 'raised', 'The specified namespace ID already exists.'),
  'InvalidNamespaceId.Format': row(400, 'raised', 'The specified NamespaceId is invalid.'),
  'InvalidNamespaceIdSuffix.Format': row(
    400,
    'raised',
    'The specified NamespaceId is invalid. NamespaceId can only contain alphabetical letters or numbers.',
  ),
  'InvalidNamespaceName.Format': row(
    400,
    'raised',
    'The specified NamespaceName is invalid. The name of the namespace cannot exceed 63 characters in length.',
  ),
  'Namespace.AppExists': row(400, 'raised', 'Please delete the application first.'),
  'InvalidOperation.NamespaceClusterNotDeleted': row(
    400,
    'cloud-only',
    'The specified NamespaceId contains clusters.',
  ),
  'DeleteFail.NamespaceHasIngress': row(
    400,
    'cloud-only',
    'Ingress detected when deleting the namespace.',
  ),
  'Exceed.Namespace': row(400, 'raised', 'Too many namespaces have been created.'),
  'Exceed.ConfigMap': row(
    400,
    'raised',
    'Too many ConfigMap objects have been created in the namespace.',
  ),
  'DeleteFail.ConfigMapReferenced': row(
    400,
    'raised',
    'Failed to delete the ConfigMap. It has been used by other applications.',
  ),
  'OperationFailed.RPCError': row(500, 'raised', 'Internal RPC request processing error.'),
  'NotFound.Secret': row(400, 'raised', 'The Secret object (ID: %s) does not exist.'),
  'Exceed.Secret': row(
    400,
    'raised',
    'Too many Secret objects have been created in the namespace.',
  ),
  'DeleteFail.SecretReferenced': row(
    400,
    'raised',
    'Failed to delete the Secret. It has been used by other applications.',
  ),
  'InvalidChangeOrder.NotFound': row(400, 'raised', 'The current change order does not exist.'),
  'InvalidAppId.NotFound': row(404, 'raised', 'The specified AppId does not exist.'),
  'Resouce.no.permission': row(
    400,
    'cloud-only',
    'You are not authorized to operate on the specified resources.',
  ),
  'InvalidParameter.TagKey': row(400, 'raised', 'The specified TagKey is invalid.'),
  'InvalidParameter.TagValue': row(400, 'raised', 'The specified TagValue is invalid.'),
} as const;
