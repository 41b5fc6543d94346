import { DomainError, type DomainErrorCode } from '../../domain/errors.ts';
import { WireError } from '../aliyun/errors.ts';
import { row } from './error-row.ts';
import { supportingErrors } from './supporting-errors.ts';

const raised = 'raised';
const feature = 'with-feature';
const cloud = 'cloud-only';

/**
 * Every error code of the job operations with the text clients see (sae.md §6.1).
 * Odd spellings are the service's own.
 */
export const saeErrors = {
  'App.Package.Version.Exists': row(
    400,
    feature,
    'The package version of application already exists.',
  ),
  'Application.ChangerOrderRunning': row(
    400,
    raised,
    'An application change process is in progress. Please try again later.',
  ),
  'Application.InvalidStatus': row(
    400,
    raised,
    'The application status is abnormal. Please try again later.',
  ),
  'Application.MissingJdk': row(
    400,
    raised,
    'Your application must at least contain a JDK component.',
  ),
  'BatchWaitTime.Not.Smaller.Zero': row(400, cloud, 'BatchWaitTime must not be smaller than zero.'),
  'InvalidApplication.NotFound': row(400, raised, 'The current application does not exist.'),
  'InvalidComponent.NotFound': row(
    400,
    raised,
    'The current component (such as JDK, Tomcat, or EDASWebContainer) does not exist.',
  ),
  'InvalidHostnameIp.Invalid': row(
    400,
    raised,
    'The hostname and/or IP is invalid: Hostname [%s], IP [%s].',
  ),
  'InvalidImageUrl.AcrInstanceId.Domain.NotMatch': row(
    400,
    cloud,
    'The specified domain of ImageUrl does not match AcrInstanceId domains.',
  ),
  'InvalidInstanceSpecification.Unsupported': row(
    400,
    raised,
    'The instance specification is not supported: CPU [%s], memory [%s].',
  ),
  'InvalidNamespace.WithUppercase': row(
    400,
    raised,
    'This namespace does not support creating SAE apps because it contains uppercase letters.',
  ),
  'InvalidPackageType.NotFound': row(
    400,
    raised,
    'The package type must be War, FatJar, or Image.',
  ),
  'InvalidParameter.FileName': row(
    400,
    raised,
    'The application deployment package name is invalid. This name can contain only alphanumeric characters, hyphens (-), and underscores (_). In addition, you can upload JAR files only if the selected deployment version supports JAR file. Otherwise, upload WAR files only.',
  ),
  'InvalidParameter.NotEmpty': row(400, raised, 'You must specify the parameter %s.'),
  'InvalidParameter.Obviously': row(400, raised, 'The specified parameter is invalid {%s}.'),
  'InvalidParameter.WithMessage': row(400, raised, 'The parameter is invalid {%s}: %s'),
  'InvalidServerlessRegion.Unsupported': row(
    400,
    feature,
    'The current region is not supported: %s',
  ),
  'JarApplication.MissingJdk': row(400, raised, 'A FatJar application must contain JDK.'),
  JobForbidPolicy: row(400, raised, 'You cannot execute new jobs because ongoing jobs exist.'),
  JobSuspend: row(400, raised, 'The job is suspended.'),
  'LogService.ConfigQuotaExceed': row(
    400,
    cloud,
    'The maximum number of Log Service configs is exceeded.',
  ),
  'LogService.InternalError': row(
    400,
    cloud,
    'An exception occurred while calling Log Service. Please submit a ticket to solve the problem.',
  ),
  'LogService.LogDirInvalid': row(400, raised, 'The log collection path is invalid.'),
  'LogService.NotAvailable': row(
    400,
    feature,
    'Log Service is unavailable. Please activate Log Service first.',
  ),
  'LogService.ProjectNumQuotaExceed': row(
    400,
    cloud,
    'The maximum number of Log Service projects is exceeded.',
  ),
  'MinReadyInstances.Not.Smaller.Replicas': row(
    400,
    cloud,
    'The minimum number of available instances must be less than the number of application instances.',
  ),
  'MountConflict.ConfigMap': row(400, raised, 'Conflict detected for ConfigMap path %s.'),
  'NoAvailableCluster.NotFound': row(
    400,
    feature,
    'No clusters are available for the current region.',
  ),
  'NoComputeResourceQuota.App.Exceed': row(
    400,
    raised,
    'You can create %s instances for each application. Please submit a ticket to raise the quota.',
  ),
  'NoComputeResourceQuota.Exceed': row(
    400,
    feature,
    'Your compute resource is insufficient. Please contact us to raise the quota.',
  ),
  'NoComputeResourceQuota.User.Exceed': row(
    400,
    raised,
    'Your account is limited to create %s instances. Please submit a ticket to raise the quota.',
  ),
  'NotFound.ConfigMap': row(400, raised, 'The ConfigMap object (ID: %s) does not exist.'),
  'NotFound.ConfigMapKey': row(
    400,
    raised,
    'The key %s of ConfigMap object (ID: %s) does not exist.',
  ),
  'Package.Version.Too.Long': row(
    400,
    raised,
    'The maximum length of package version is exceeded.',
  ),
  'PandoraApplication.MissingJdk': row(
    400,
    raised,
    'The Pandora application is missing a JDK component.',
  ),
  'PandoraApplication.OnlyJdk': row(
    400,
    raised,
    'A Pandora application only requires JDK component.',
  ),
  'PhpApplication.MissingPhpRuntime': row(
    400,
    raised,
    'A PHP application must contain PHP Runtime.',
  ),
  'Sae.Errorcode.Ahas.Create.Error.Message': row(400, cloud, 'Failed to create AHAS.'),
  'Slb.Occupied': row(400, cloud, 'The SLB instance is occupied.'),
  'Slb.Tag.Not.Qualified': row(
    400,
    cloud,
    'The current SLB instance cannot be reused because it may have been occupied by %s.',
  ),
  'Sls.Config.Mixed.Multi.Project': row(
    400,
    raised,
    'The specified Config contains multiple projects.',
  ),
  'Sls.Config.User.Defined.Missing.Logstore.Info': row(
    400,
    raised,
    'The specified Config is invalid. Both Project and Logstore must be specified.',
  ),
  'Sls.Config.User.Defined.Missing.Project.Info': row(
    400,
    raised,
    'The specified Config is invalid. Both Project and Logstore must be specified.',
  ),
  'Sls.Logstore.Name.Invalid': row(
    400,
    raised,
    'The specified name of Logstore is invalid. The Logstore name must not contain the prefix "sae-".',
  ),
  'Sls.Logstore.User.Defined.Not.Exist': row(
    400,
    feature,
    'The user defined Logstore does not exist.',
  ),
  'Sls.Project.Name.Invalid': row(
    400,
    raised,
    'The specified project name is invalid. The project name must not contain the prefix "sae-".',
  ),
  'Sls.Project.User.Defined.Not.Exist': row(
    400,
    feature,
    'The user defined project does not exist.',
  ),
  'System.Upgrading': row(400, feature, 'The system is being upgraded. Please try again later.'),
  'user.indebt': row(400, cloud, 'The user has an outstanding payment.'),
  'VolumnPath.Conflict': row(
    400,
    raised,
    'Conflict between log collection directory and persistent storage directory.',
  ),
  'vswitch.not.exist': row(400, feature, 'The specified VSwitch does not exist.'),
  'WarApplication.MissingJdkWebcontainer': row(
    400,
    raised,
    'A War application must contain JDK and Tomcat.',
  ),
  'Associate.Eip.Not.Enough': row(404, cloud, 'No sufficient EIPs are available.'),
  'InvalidAcrInstanceId.NotFound': row(404, cloud, 'The specified AcrInstanceId does not exist.'),
  'InvalidNamespaceId.NotFound': row(404, raised, 'The specified NamespaceId does not exist.'),
  'InvalidVpcId.NotFound': row(404, feature, 'The specified VpcId does not exist.'),
} as const;

const allErrors = { ...saeErrors, ...supportingErrors };

/** A code of the job operations or of the supporting ones. */
export type SaeErrorCode = keyof typeof allErrors;

/** One argument per `%s`, so a call with too few or too many does not compile. */
type Arguments<Text extends string> = Text extends `${string}%s${infer Rest}`
  ? [string | number, ...Arguments<Rest>]
  : [];

/** Most characters of a caller's own value repeated in a message. */
const maxEchoChars = 400;

/** The wire error of a code with its `%s` filled in order. */
export function saeError<Code extends SaeErrorCode>(
  code: Code,
  ...values: Arguments<(typeof allErrors)[Code]['message']>
): WireError {
  const { status, message } = allErrors[code];
  const given: readonly (string | number)[] = values;
  let next = 0;
  const text = message.replaceAll('%s', () => String(given[next++] ?? '').slice(0, maxEchoChars));
  return new WireError(status, code, text);
}

/** U24: the answer for a run that does not exist, or belongs to another template. */
export function unknownJob(): WireError {
  return saeError('InvalidParameter.WithMessage', 'JobId', 'the job does not exist');
}

type Render = (details: Readonly<Record<string, string | number>>, message: string) => WireError;

/**
 * What a client sees for each refusal of the engine, unless the operation knows better (see
 * `refusedAs`). Keys, users and policies are not part of this API: such a refusal here is our
 * defect, so it answers as one.
 */
export const domainErrors: Readonly<Record<DomainErrorCode, Render>> = {
  'template-not-found': () => saeError('InvalidApplication.NotFound'),
  'template-suspended': () => saeError('JobSuspend'),
  'template-deleting': () => saeError('Application.InvalidStatus'),
  'run-not-found': unknownJob,
  'instance-not-found': () => saeError('InvalidParameter.Obviously', 'InstanceId'),
  'concurrency-forbidden': () => saeError('JobForbidPolicy'),
  'replicas-quota-exceeded': (details) =>
    saeError('NoComputeResourceQuota.App.Exceed', details['limit'] ?? ''),
  'account-quota-exceeded': (details) =>
    saeError('NoComputeResourceQuota.User.Exceed', details['limit'] ?? ''),
  'queue-full': () =>
    new WireError(429, 'Throttling', 'Request was denied due to request throttling.'),
  'invalid-argument': withMessage,
  'already-exists': withMessage,
  'namespace-not-found': () => saeError('InvalidNamespaceId.NotFound'),
  'namespace-in-use': () => saeError('Namespace.AppExists'),
  'config-map-not-found': (details) => saeError('NotFound.ConfigMap', details['id'] ?? ''),
  'config-map-in-use': () => saeError('DeleteFail.ConfigMapReferenced'),
  'secret-not-found': (details) => saeError('NotFound.Secret', details['id'] ?? ''),
  'secret-in-use': () => saeError('DeleteFail.SecretReferenced'),
  'catalog-quota-exceeded': withMessage,
  'link-not-found': internalError,
  'link-in-use': internalError,
  'key-not-found': internalError,
  'user-not-found': internalError,
  'policy-not-found': internalError,
  'policy-in-use': internalError,
  'stale-owner': temporaryFailure,
  unavailable: temporaryFailure,
};

/**
 * Settles with the work; a refusal that has another name in this operation than elsewhere is
 * answered by it: a quota, for instance, is `Exceed.ConfigMap` here and `Exceed.Secret` there.
 */
export async function refusedAs<T>(
  work: Promise<T>,
  answers: Partial<Readonly<Record<DomainErrorCode, (refusal: DomainError) => Error>>>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw (error instanceof DomainError && answers[error.code]?.(error)) || error;
  }
}

/** How operations on ConfigMaps answer when the store could not write (sae.md §5.2). */
export const storageFailure = {
  unavailable: () => saeError('OperationFailed.RPCError'),
} as const;

function withMessage(
  details: Readonly<Record<string, string | number>>,
  message: string,
): WireError {
  return saeError('InvalidParameter.WithMessage', details['parameter'] ?? 'Request', message);
}

function temporaryFailure(): WireError {
  return new WireError(
    503,
    'ServiceUnavailable',
    'The request has failed due to a temporary failure of the server.',
  );
}

function internalError(): WireError {
  return new WireError(
    500,
    'InternalError',
    'The request processing has failed due to some unknown error.',
  );
}
