import type { JobParameter, ParameterKind, Place } from './parameter.ts';

const appNamePattern = /^[A-Za-z][A-Za-z0-9-]{0,35}$/;
const decimalIdPattern = /^\d{1,19}$/;
const absolutePathPattern = /^\//;
const maxConfigChars = 262_144;

const text: ParameterKind = { kind: 'text' };
const integer: ParameterKind = { kind: 'integer' };
const boolean: ParameterKind = { kind: 'boolean' };
const json: ParameterKind = { kind: 'json' };

type Places = readonly [create: Place, update: Place];
const bothQuery: Places = ['query', 'query'];
const bothForm: Places = ['form', 'form'];
const createQuery: Places = ['query', null];
const updateQuery: Places = [null, 'query'];
const updateForm: Places = [null, 'form'];

/**
 * The parameters of CreateJob (56, of which 7 travel in the form) and UpdateJob (47, 8), in the
 * contract's order (sae.md §4.1). Checks, update rules, read-back and the coverage page follow
 * this table.
 */
export const jobParameters: readonly JobParameter[] = [
  param('AppId', text, updateQuery, 'acts', 'template to change; required by UpdateJob'),
  param(
    'AppName',
    { kind: 'text', pattern: appNamePattern },
    createQuery,
    'acts',
    'a letter, then letters, digits and hyphens, at most 36; immutable',
    'required',
  ),
  param(
    'AppDescription',
    { kind: 'text', maxChars: 1024 },
    createQuery,
    'acts',
    'at most 1024 characters; default empty; immutable',
  ),
  param(
    'NamespaceId',
    text,
    createQuery,
    'acts',
    "existing namespace; default the region's own; immutable",
  ),
  param(
    'AutoConfig',
    boolean,
    createQuery,
    'acts',
    'default false; true disregards NamespaceId; immutable',
  ),
  param('VpcId', text, createQuery, 'stored', 'network id; immutable'),
  param('VSwitchId', text, createQuery, 'stored', 'subnet id; immutable'),
  param('SecurityGroupId', text, createQuery, 'stored', 'immutable'),
  param(
    'Workload',
    { kind: 'choice', values: ['job'] },
    createQuery,
    'acts',
    'exactly job; immutable',
    'required',
  ),
  param(
    'PackageType',
    text,
    createQuery,
    'acts',
    'artifact kind, sae.md §4.3.2; immutable',
    'required',
  ),
  param(
    'PackageUrl',
    text,
    bothQuery,
    'stored',
    'required for FatJar, War, PythonZip and PhpZip; packages do not run yet',
    'clearable',
  ),
  param(
    'PackageVersion',
    text,
    bothQuery,
    'stored',
    'required for FatJar, War and PythonZip; at most 64 characters',
    'clearable',
  ),
  param(
    'ImageUrl',
    text,
    bothQuery,
    'acts',
    'required for Image and IMAGE_PHP_*; longshore/host runs a process of this host',
    'clearable',
  ),
  param(
    'ImagePullSecrets',
    { kind: 'text', pattern: decimalIdPattern },
    bothQuery,
    'stored',
    'id of a Secret; none exist yet',
    'clearable',
  ),
  param('AcrInstanceId', text, bothForm, 'stored', ''),
  param('AcrAssumeRoleArn', text, bothQuery, 'stored', ''),
  param('EnableImageAccl', boolean, bothForm, 'stored', 'default false; not echoed'),
  param(
    'Cpu',
    integer,
    createQuery,
    'stored',
    'millicores, sae.md §4.3.1; default 500; immutable; not enforced on host processes',
  ),
  param(
    'Memory',
    integer,
    createQuery,
    'stored',
    'MB, sae.md §4.3.1; default 1024; immutable; not enforced on host processes',
  ),
  param(
    'Replicas',
    { kind: 'integer', min: 1 },
    bothQuery,
    'acts',
    '1 to the quota per template (50)',
    'required',
  ),
  param(
    'Command',
    text,
    bothQuery,
    'acts',
    "replaces the artifact's entry point; unused by FatJar and War",
    'clearable',
  ),
  param(
    'CommandArgs',
    json,
    bothQuery,
    'acts',
    'JSON array of strings; only together with Command',
    'clearable',
  ),
  param(
    'Envs',
    json,
    bothQuery,
    'acts',
    'literal variables act; ConfigMap references are refused while no ConfigMap exists',
    'clearable',
  ),
  param('CustomHostAlias', json, bothQuery, 'stored', '[{hostName, ip}]', 'clearable'),
  param(
    'ProgrammingLanguage',
    { kind: 'choice', values: ['java', 'php', 'python', 'shell', 'other'] },
    bothQuery,
    'acts',
    'label; default from PackageType',
  ),
  param('Jdk', text, bothQuery, 'stored', 'Java runtime; ignored for images'),
  param('WebContainer', text, bothQuery, 'stored', 'Tomcat for War; ignored for images'),
  param('EdasContainerVersion', text, bothQuery, 'stored', 'HSF runtime version'),
  param('JarStartOptions', text, bothQuery, 'stored', 'JVM flags', 'clearable'),
  param('JarStartArgs', text, bothQuery, 'stored', 'program arguments', 'clearable'),
  param('WarStartOptions', text, bothQuery, 'stored', 'start command or options', 'clearable'),
  param('TomcatConfig', json, bothQuery, 'stored', 'sae.md §4.3.5; {} removes it too', 'clearable'),
  param('Python', text, bothQuery, 'stored', 'PYTHON 3.9.15'),
  param('PythonModules', text, bothQuery, 'stored', 'pip requirements'),
  param('Php', text, updateForm, 'stored', 'PHP runtime name; not echoed'),
  param(
    'PhpConfig',
    { kind: 'text', maxChars: maxConfigChars },
    bothForm,
    'stored',
    'body of php.ini',
    'clearable',
  ),
  param(
    'PhpConfigLocation',
    { kind: 'text', pattern: absolutePathPattern },
    bothQuery,
    'stored',
    'absolute path',
  ),
  param('PostStart', json, bothQuery, 'acts', '{exec: {command: [...]}}', 'clearable'),
  param('PreStop', json, bothQuery, 'acts', '{exec: {command: [...]}}', 'clearable'),
  param(
    'TerminationGracePeriodSeconds',
    { kind: 'integer', min: 1, max: 300 },
    bothQuery,
    'acts',
    '1 to 300, default 30',
  ),
  param(
    'Timezone',
    { kind: 'timezone' },
    bothQuery,
    'acts',
    'IANA name, default Asia/Shanghai; given to the job as TZ',
  ),
  param('SlsConfigs', json, bothQuery, 'stored', 'sae.md §4.3.6', 'clearable'),
  param('NasId', text, bothQuery, 'stored', '', 'clearable'),
  param('MountHost', text, bothQuery, 'stored', '', 'clearable'),
  param(
    'MountDesc',
    json,
    bothQuery,
    'stored',
    '[{mountPath, nasPath}]; unquoted keys are accepted',
    'clearable',
  ),
  param(
    'NasConfigs',
    json,
    bothQuery,
    'stored',
    '[{mountPath, readOnly, nasId, mountDomain, nasPath}]',
    'clearable',
  ),
  param(
    'OssMountDescs',
    json,
    bothForm,
    'stored',
    '[{bucketName, bucketPath, mountPath, readOnly}]',
    'clearable',
  ),
  param('OssAkId', text, bothForm, 'stored', ''),
  param(
    'OssAkSecret',
    text,
    bothForm,
    'stored',
    'read back as ******; sending the mask keeps the stored one',
  ),
  param(
    'ConfigMapMountDesc',
    json,
    bothForm,
    'stored',
    '[{configMapId, key, mountPath}]; refused while no ConfigMap exists',
    'clearable',
  ),
  param(
    'TriggerConfig',
    json,
    bothQuery,
    'acts',
    'sae.md §4.3.8; type time fires; type http is validated and stored, webhooks do not fire yet',
    'clearable',
  ),
  param(
    'ConcurrencyPolicy',
    { kind: 'choice', values: ['Forbid', 'Allow', 'Replace'] },
    bothQuery,
    'acts',
    'default Allow',
  ),
  param(
    'Timeout',
    { kind: 'integer', min: 1 },
    bothQuery,
    'acts',
    'seconds, at least 1; absent = no limit',
  ),
  param(
    'BackoffLimit',
    { kind: 'integer', min: 0 },
    bothQuery,
    'acts',
    'failed attempts a run may have; default 0',
  ),
  param('Slice', boolean, bothQuery, 'acts', 'default false'),
  param('SliceEnvs', json, bothQuery, 'acts', 'JSON array, one element per shard', 'clearable'),
  param('RefAppId', text, bothQuery, 'acts', 'existing template; a link only', 'clearable'),
  param('BestEffortType', text, bothQuery, 'stored', 'undocumented'),
];

const byName = new Map(jobParameters.map((row) => [row.name, row]));

/** The row of a parameter, undefined when the API has none of that name. */
export function jobParameter(name: string): JobParameter | undefined {
  return byName.get(name);
}

/** Document members that hold a secret: to be sealed at rest and never shown. */
export const secretDocumentMembers: readonly string[] = ['OssAkSecret'];

function param(
  name: string,
  type: ParameterKind,
  [create, update]: Places,
  effect: JobParameter['effect'],
  note: string,
  ...flags: readonly ('required' | 'clearable')[]
): JobParameter {
  return {
    name,
    type,
    create,
    update,
    required: flags.includes('required'),
    clearable: flags.includes('clearable'),
    effect,
    note,
  };
}
