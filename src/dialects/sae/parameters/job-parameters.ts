import { artifactParameters, runtimeParameters } from './artifact-parameters.ts';
import type { JobParameter } from './parameter.ts';
import { boolean, bothQuery, createQuery, integer, json, param, text, updateQuery } from './row.ts';
import { storageParameters } from './storage-parameters.ts';

const appNamePattern = /^[A-Za-z][A-Za-z0-9-]{0,35}$/;

/** What a template is called and where it belongs. */
const identityParameters: readonly JobParameter[] = [
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
    'default false; true disregards NamespaceId and takes the default one; immutable',
  ),
  param('VpcId', text, createQuery, 'stored', 'network id of the cloud; immutable'),
  param('VSwitchId', text, createQuery, 'stored', 'subnet id of the cloud; immutable'),
  param('SecurityGroupId', text, createQuery, 'stored', 'security group of the cloud; immutable'),
  param(
    'Workload',
    { kind: 'choice', values: ['job'] },
    createQuery,
    'acts',
    'exactly job; immutable',
    'required',
  ),
];

/** The size of an instance, and what it is given. */
const instanceParameters: readonly JobParameter[] = [
  param(
    'Cpu',
    integer,
    createQuery,
    'acts',
    'millicores, sae.md §4.3.1; default 500; immutable; limits containers; without effect on processes of this machine (longshore/host, packages on its own runtimes), which the run says',
  ),
  param(
    'Memory',
    integer,
    createQuery,
    'acts',
    'MB, sae.md §4.3.1; default 1024; immutable; limits containers, as Cpu does',
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
    'literals and ConfigMap references, sae.md §4.3.4; the last item of a name wins, and a name over a whole ConfigMap; read when an attempt starts',
    'clearable',
  ),
  param(
    'CustomHostAlias',
    json,
    bothQuery,
    'acts',
    '[{hostName, ip}], at most 500; lines of the hosts file',
    'clearable',
  ),
  param(
    'ProgrammingLanguage',
    { kind: 'choice', values: ['java', 'php', 'python', 'shell', 'other'] },
    bothQuery,
    'acts',
    'label; default from PackageType',
  ),
];

/** How an instance starts and stops. */
const lifecycleParameters: readonly JobParameter[] = [
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
];

/** When the job runs, and how often it is tried. */
const runParameters: readonly JobParameter[] = [
  param(
    'TriggerConfig',
    json,
    bothQuery,
    'acts',
    'sae.md §4.3.8; type time is a timer, type http a webhook',
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
  param('Slice', boolean, bothQuery, 'acts', 'default false; true starts one shard per replica'),
  param(
    'SliceEnvs',
    json,
    bothQuery,
    'acts',
    'JSON array, one element per shard; without effect unless Slice is true',
    'clearable',
  ),
  param('RefAppId', text, bothQuery, 'acts', 'existing template; a link only', 'clearable'),
  param('BestEffortType', text, bothQuery, 'stored', 'undocumented in the cloud'),
];

/**
 * The parameters of CreateJob (56, of which 7 travel in the form) and UpdateJob (47, 8), in the
 * contract's order (sae.md §4.1). Checks, update rules, read-back and the coverage page follow
 * this table; what acts only under a condition has it in `translate/not-acted-on.ts`.
 */
export const jobParameters: readonly JobParameter[] = [
  ...identityParameters,
  ...artifactParameters,
  ...instanceParameters,
  ...runtimeParameters,
  ...lifecycleParameters,
  ...storageParameters,
  ...runParameters,
];

const byName = new Map(jobParameters.map((row) => [row.name, row]));

/** The row of a parameter, undefined when the API has none of that name. */
export function jobParameter(name: string): JobParameter | undefined {
  return byName.get(name);
}

/** Document members that hold a secret: to be sealed at rest and never shown. */
export const secretDocumentMembers: readonly string[] = ['OssAkSecret'];
