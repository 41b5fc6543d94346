import { Type } from 'typebox';
import { closed } from './shapes.ts';

/** Regions of the cloud: what clients of it are configured with. */
const cloudRegions = [
  'af-north-1',
  'af-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'cn-east-2',
  'cn-east-3',
  'cn-east-4',
  'cn-east-5',
  'cn-north-1',
  'cn-north-2',
  'cn-north-4',
  'cn-north-9',
  'cn-north-11',
  'cn-north-12',
  'cn-south-1',
  'cn-south-2',
  'cn-south-4',
  'cn-southwest-2',
  'eu-west-0',
  'eu-west-101',
  'la-north-2',
  'la-south-2',
  'me-east-1',
  'my-kualalumpur-1',
  'na-mexico-1',
  'ru-moscow-1',
  'sa-brazil-1',
  'tr-west-1',
];

const name = Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' });

/** What an operator decides about the CDM surface and its IAM (cdm.md §2.2 and §7). */
export const cdm = Type.Object(
  {
    domain: Type.String({
      pattern: '^[A-Za-z0-9_.-]{1,64}$',
      default: 'longshore',
      description: 'Name of the account that users sign in to with IAM.',
    }),
    projects: Type.Array(name, {
      maxItems: 100,
      default: [],
      description:
        'Projects besides the one that is called as `region`. Clients that name no project look for one that is called as their region.',
    }),
    regions: Type.Array(name, {
      maxItems: 200,
      default: cloudRegions,
      description:
        'Regions that IAM lists besides `region`: SDKs make a project by themselves for a listed region that has none.',
    }),
    clusterName: Type.String({
      minLength: 1,
      maxLength: 64,
      default: 'cdm-default',
      description: 'Name of the cluster that each project has from the start.',
    }),
    clusterFlavor: Type.Enum(['cdm.small', 'cdm.medium', 'cdm.large', 'cdm.xlarge'], {
      default: 'cdm.large',
      description: 'Size of that cluster; twice its vCPUs is the most extractors at a time.',
    }),
    environment: Type.Record(
      Type.String({ maxLength: 64 }),
      Type.Record(
        Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_.-]{0,127}$' }),
        Type.String({ maxLength: 65_536 }),
      ),
      {
        default: {},
        description:
          'Environment variables of clusters, by name or id of the cluster: what `${name}` in a job says when its start does not. Jobs that run by schedule know them as they were when the job was saved.',
      },
    ),
    timezone: Type.Union([Type.String({ minLength: 1, maxLength: 64 }), Type.Null()], {
      default: null,
      'x-default': 'the zone of this machine',
      description: 'Zone of schedules and of macros, e.g. `Asia/Shanghai` or `GMT+8`.',
    }),
    version: Type.String({
      maxLength: 64,
      default: '2.9.2.200',
      description: 'What the macro `${version}` says.',
    }),
    testLinks: Type.Boolean({
      default: true,
      description: 'Whether creating or updating a link connects first.',
    }),
    strictInputs: Type.Boolean({
      default: false,
      description:
        'Whether jobs and links with inputs that are not known are refused. Else these are kept, read back, and named as warnings.',
    }),
    csvQuoteStyle: Type.Enum(['rfc4180', 'legacy'], {
      default: 'rfc4180',
      description:
        'How quotes within values are written to CSV files: doubled, or as the cloud’s manual shows it, which nothing can read back.',
    }),
    proof: Type.Enum(['none', 'counts', 'checksums', 'rows'], {
      default: 'checksums',
      description:
        'What is compared between source and target after a load: `checksums` where both databases compute the same, else counts; `rows` reads both sides once more where they do not. `throttlingConfig.proof` of a job says otherwise.',
    }),
  },
  closed,
);
