import { Type, type Static } from 'typebox';
import { defaultAdmissionLimits } from '../../domain/admission.ts';
import { defaultBackoff } from '../../domain/policies.ts';
import { defaultRetention } from '../../domain/retention.ts';

/** Objects refuse members they do not know: a typo must not be a silent default. */
const closed = { additionalProperties: false };

const mib = 1024 * 1024;

const maxSafe = Number.MAX_SAFE_INTEGER;
/** A bound on age or size. */
const bound = (value: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: maxSafe, default: value, description });
/** One that may be left out, because another holds as well; null = none. */
const optionalBound = (value: number | null, minimum: number, description: string) =>
  Type.Union([Type.Integer({ minimum, maximum: maxSafe }), Type.Null()], {
    default: value,
    description,
  });

/**
 * Every setting, once: types, defaults, validation, `longshore config print` and
 * `docs/operations/configuration.md` come from here. A computed default is described in
 * `x-default` and filled in by `load.ts`.
 */
export const configSchema = Type.Object(
  {
    dataDir: Type.String({
      minLength: 1,
      default: '',
      'x-default':
        '/var/lib/longshore for root, else $XDG_STATE_HOME/longshore or ~/.local/state/longshore',
      description:
        'Folder that holds everything the server keeps: database, keys, output of runs. One server at a time.',
    }),
    masterKeyFile: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: null,
      description:
        'File with the key that seals secrets in the store; servers that share a store share this file. `null` = `master.key` in the data folder, made on first use.',
    }),
    listen: Type.Object(
      {
        host: Type.String({
          minLength: 1,
          default: '127.0.0.1',
          description:
            'Address to listen on. Anything but loopback turns the process executor off unless `process.enabled` is `always`.',
        }),
        port: Type.Integer({
          minimum: 0,
          maximum: 65_535,
          default: 8480,
          description: 'Port of every API. 0 = a free one; see `server.json` in the data folder.',
        }),
      },
      closed,
    ),
    store: Type.Object(
      {
        url: Type.Union([Type.String({ pattern: '^postgres(ql)?://' }), Type.Null()], {
          default: null,
          'x-secret': true,
          description:
            'PostgreSQL database that several servers share, as `postgres://user:password@host/database`. `null` = SQLite in the data folder.',
        }),
        leaseTtlMs: Type.Integer({
          minimum: 500,
          maximum: 3_600_000,
          default: 15_000,
          description:
            'How long a server may give no sign of life before the others count its running attempts as lost and retry them.',
        }),
        maxConnections: Type.Integer({
          minimum: 4,
          maximum: 1_000,
          default: 10,
          description: 'Most connections to PostgreSQL of one server.',
        }),
      },
      closed,
    ),
    region: Type.String({
      pattern: '^[a-z]{2,}(-[a-z0-9]+)+$',
      default: 'cn-hangzhou',
      description: 'Region id this server claims to be; also the id of the default namespace.',
    }),
    accountId: Type.String({
      pattern: '^[0-9]{1,20}$',
      default: '1000000000000001',
      description: 'Account id that owns everything here, as resource names show it.',
    }),
    publicUrl: Type.Union([Type.String({ pattern: '^https?://[^/?#]+$' }), Type.Null()], {
      default: null,
      description:
        'Base address that clients reach the server by, when a proxy stands before it: scheme, host and port only.',
    }),
    sae: Type.Object(
      {
        suspendSemantics: Type.Enum(['field', 'manual'], {
          default: 'field',
          description:
            'What `Suspend=true` of SuspendJob means: `field` = suspended (what DescribeJob reads back), `manual` = started (what the manual prints).',
        }),
        namespaces: Type.Array(
          Type.String({ pattern: '^[a-z]{2,}(-[a-z0-9]+)+:[a-z0-9-]{1,20}$' }),
          {
            maxItems: 1000,
            default: [],
            description:
              'Namespaces that exist besides the default one, whose id is the region, as `<region>:<short id>`.',
          },
        ),
        backoffMs: Type.Integer({
          minimum: 0,
          maximum: 3_600_000,
          default: defaultBackoff.backoffMs,
          description:
            'Milliseconds before the first retry of a failed attempt; doubled for each further one.',
        }),
        backoffMaxMs: Type.Integer({
          minimum: 0,
          maximum: 86_400_000,
          default: defaultBackoff.backoffMaxMs,
          description: 'Longest milliseconds between two attempts.',
        }),
        phpRuntime: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
          default: 'php',
          description:
            'Runtime of PhpZip templates that name none (see `packages.runtimes`); null = there is none.',
        }),
        webhookUrl: Type.Union([Type.String({ pattern: '^https?://[^/?#]+$' }), Type.Null()], {
          default: null,
          description:
            'Base address of webhooks as the outside sees it (`PublicWebHookUrls`). `null` = `publicUrl`, else the address the server listens on.',
        }),
        webhookInnerUrl: Type.Union([Type.String({ pattern: '^https?://[^/?#]+$' }), Type.Null()], {
          default: null,
          description:
            'Base address of webhooks as the inside sees it (`VpcWebHookUrls`). `null` = the same as outside.',
        }),
        webhookEventData: Type.Boolean({
          default: false,
          description:
            'Whether a job that a webhook started finds the request body in `SAE_EVENT_DATA` (at most 32 KiB).',
        }),
        trustForwardedHeaders: Type.Boolean({
          default: false,
          description:
            'Whether webhook rules believe `X-Forwarded-For` and `X-Forwarded-Proto`: only behind a proxy that sets them.',
        }),
        showOssSecret: Type.Boolean({
          default: false,
          description: 'Whether DescribeJob returns `OssAkSecret` in clear instead of `******`.',
        }),
        packageVersionOnce: Type.Boolean({
          default: false,
          description:
            'Whether UpdateJob refuses a new PackageUrl under the PackageVersion that is in use (`App.Package.Version.Exists`).',
        }),
        maintenance: Type.Boolean({
          default: false,
          description:
            'Whether CreateJob and UpdateJob are refused with `System.Upgrading` for now.',
        }),
      },
      closed,
    ),
    container: Type.Object(
      {
        enabled: Type.Enum(['auto', 'always', 'never'], {
          default: 'auto',
          description:
            'Whether images run as containers. `auto` = when an engine answers at `container.socket`; `always` = the server is not ready without one.',
        }),
        socket: Type.String({
          default: '',
          'x-default':
            '$DOCKER_HOST, else the first of /var/run/docker.sock and /run/podman/podman.sock that is there',
          description: 'Unix socket of the Docker API, of Docker or of Podman.',
        }),
        pullPolicy: Type.Enum(['if-not-present', 'always', 'never'], {
          default: 'if-not-present',
          description: 'When an image is pulled before a container is made of it.',
        }),
        pullTimeoutMs: Type.Integer({
          minimum: 1_000,
          maximum: 86_400_000,
          default: 600_000,
          description: 'Longest milliseconds of one pull.',
        }),
        network: Type.String({
          default: '',
          'x-default': "the engine's own",
          description: 'Network that containers join: a name, `host`, or `none`.',
        }),
        maxConcurrentAttempts: Type.Integer({
          minimum: 1,
          maximum: 10_000,
          default: 64,
          description: 'Most containers that run at the same time; further ones wait in the queue.',
        }),
        maxLogBytes: Type.Integer({
          minimum: 64 * 1024,
          maximum: 1024 * 1024 * mib,
          default: 64 * mib,
          description:
            'Bytes kept of each output stream of an attempt; the oldest are released first.',
        }),
      },
      closed,
    ),
    packages: Type.Object(
      {
        maxBytes: Type.Integer({
          minimum: 1024,
          maximum: 1024 * 1024 * mib,
          default: 1024 * mib,
          description: 'Largest package.',
        }),
        maxUnpackedBytes: Type.Integer({
          minimum: 1024,
          maximum: 1024 * 1024 * mib,
          default: 4096 * mib,
          description: 'Most bytes that a package may become when it is unpacked.',
        }),
        maxEntries: Type.Integer({
          minimum: 1,
          maximum: 10_000_000,
          default: 100_000,
          description: 'Most files and folders in a package.',
        }),
        timeoutMs: Type.Integer({
          minimum: 1_000,
          maximum: 86_400_000,
          default: 300_000,
          description: 'Longest milliseconds that one package may take to fetch.',
        }),
        cacheBytes: Type.Integer({
          minimum: 0,
          maximum: maxSafe,
          default: 20 * 1024 * mib,
          description: 'Bytes of fetched packages that are kept; the longest unused go first.',
        }),
        files: Type.Array(Type.String({ pattern: '^/' }), {
          maxItems: 1000,
          default: [],
          description: 'Folders that `file:` packages may come from.',
        }),
        strict: Type.Boolean({
          default: false,
          description:
            'Whether a template that names a runtime this server does not have exactly is refused; otherwise the nearest version runs it and the run says so.',
        }),
        runtimes: Type.Array(
          Type.Object(
            {
              name: Type.String({
                minLength: 1,
                maxLength: 128,
                description: 'As templates name it, e.g. `Open JDK 8`.',
              }),
              folder: Type.Optional(
                Type.String({ pattern: '^/', description: 'Home of the runtime on this machine.' }),
              ),
              image: Type.Optional(
                Type.String({ minLength: 1, description: 'Container image that has the runtime.' }),
              ),
            },
            closed,
          ),
          {
            maxItems: 1000,
            default: [],
            description:
              'What runs packages, as `{name, folder}` or `{name, image}`. What this machine has is found by itself.',
          },
        ),
      },
      closed,
    ),
    volumes: Type.Array(
      Type.Object(
        {
          id: Type.Optional(Type.String({ minLength: 1, description: 'NasId / nasId.' })),
          host: Type.Optional(
            Type.String({ minLength: 1, description: 'MountHost / mountDomain.' }),
          ),
          folder: Type.Optional(
            Type.String({ pattern: '^/', description: 'Folder of this machine that it is.' }),
          ),
          nfs: Type.Optional(
            Type.String({
              pattern: '^[^:/]+:/',
              description: 'NFS export that it is, as `server:/path`; containers only.',
            }),
          ),
        },
        closed,
      ),
      {
        maxItems: 1000,
        default: [],
        description:
          'Shared file systems (NAS) by file system id or mount target, each a `folder` or an `nfs` export.',
      },
    ),
    buckets: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1, description: 'Name of the bucket.' }),
          folder: Type.Optional(
            Type.String({ pattern: '^/', description: 'Folder of this machine that it is.' }),
          ),
          endpoint: Type.Optional(
            Type.String({
              pattern: '^https?://',
              description: 'Address of an S3-compatible service that has it.',
            }),
          ),
          region: Type.Optional(Type.String({ minLength: 1 })),
          accessKeyId: Type.Optional(Type.String({ minLength: 1 })),
          secretFile: Type.Optional(
            Type.String({ pattern: '^/', description: 'File that holds the secret of the key.' }),
          ),
        },
        closed,
      ),
      {
        maxItems: 1000,
        default: [],
        description: 'Object store buckets by name, each a `folder` or in a service at `endpoint`.',
      },
    ),
    logStores: Type.Object(
      {
        enabled: Type.Boolean({
          default: true,
          description: 'Whether what templates ask to collect (SlsConfigs) is collected.',
        }),
        maxBytes: Type.Integer({
          minimum: mib,
          maximum: maxSafe,
          default: 1024 * mib,
          description: 'Bytes kept of one log store; the oldest lines go first.',
        }),
        maxAgeMs: optionalBound(
          30 * 86_400_000,
          0,
          'Milliseconds that lines of log stores are kept. `null` = no bound on the age.',
        ),
      },
      closed,
    ),
    process: Type.Object(
      {
        enabled: Type.Enum(['auto', 'always', 'never'], {
          default: 'auto',
          description:
            'Whether jobs may run as processes of this machine. `auto` = only while listening on loopback alone.',
        }),
        user: Type.String({
          default: '',
          'x-default': '`nobody` when the server runs as root, else the server’s own user',
          description: 'System user that jobs run as. Only root can choose another than its own.',
        }),
        maxConcurrentAttempts: Type.Integer({
          minimum: 1,
          maximum: 10_000,
          default: 64,
          description: 'Most attempts that run at the same time; further ones wait in the queue.',
        }),
        maxLogBytes: Type.Integer({
          minimum: 64 * 1024,
          maximum: 1024 * 1024 * mib,
          default: 64 * mib,
          description:
            'Bytes kept of each output stream of an attempt; the oldest are released first.',
        }),
      },
      closed,
    ),
    limits: Type.Object(
      {
        replicasPerTemplate: Type.Integer({
          minimum: 1,
          maximum: 10_000,
          default: defaultAdmissionLimits.replicasPerTemplate,
          description: 'Most replicas of one template.',
        }),
        replicasPerAccount: Type.Integer({
          minimum: 1,
          maximum: 1_000_000,
          default: defaultAdmissionLimits.replicasPerAccount,
          description:
            'Most replicas that any one template or run of the account may ask for; more is refused.',
        }),
        unfinishedRuns: Type.Integer({
          minimum: 1,
          maximum: 10_000_000,
          default: defaultAdmissionLimits.unfinishedRuns,
          description:
            'Most runs that are queued or running; further ones are refused as `queue-full`.',
        }),
      },
      closed,
    ),
    retention: Type.Object(
      {
        intervalMs: Type.Integer({
          minimum: 100,
          maximum: 86_400_000,
          default: 600_000,
          description: 'Milliseconds between two rounds that let go of what is over.',
        }),
        runs: Type.Object(
          {
            maxAgeMs: optionalBound(
              defaultRetention.runs.maxAgeMs,
              0,
              'Milliseconds after its end that a run is kept, with its reasons and its output. `null` = no bound on the age.',
            ),
            maxPerTemplate: optionalBound(
              defaultRetention.runs.maxPerTemplate,
              1,
              'Finished runs kept of one template; the oldest go first, the newest run always stays. `null` = no bound on one template.',
            ),
            maxTotal: Type.Integer({
              minimum: 1,
              maximum: 1_000_000_000,
              default: defaultRetention.runs.maxTotal,
              description: 'Finished runs kept of all templates together.',
            }),
            minKeyAgeMs: bound(
              defaultRetention.runs.minKeyAgeMs,
              'Milliseconds that an idempotency key is remembered at least: its run stays that long whatever the other bounds say.',
            ),
          },
          closed,
        ),
        output: Type.Object(
          {
            maxAgeMs: optionalBound(
              defaultRetention.output.maxAgeMs,
              0,
              'Milliseconds after the end of a run that its output and working folders are kept. `null` = as long as the run.',
            ),
            maxBytes: bound(
              defaultRetention.output.maxBytes,
              'Bytes on the disk that output and working folders of ended attempts may take on one host; the oldest go first, their runs stay.',
            ),
          },
          closed,
        ),
        firings: Type.Object(
          {
            maxAgeMs: optionalBound(
              defaultRetention.firings.maxAgeMs,
              0,
              'Milliseconds that a line of the fire ledger is kept. `null` = no bound on the age.',
            ),
            maxPerTemplate: Type.Integer({
              minimum: 1,
              maximum: 1_000_000_000,
              default: defaultRetention.firings.maxPerTemplate,
              description: 'Lines of the fire ledger kept of one template.',
            }),
          },
          closed,
        ),
        leftovers: Type.Object(
          {
            maxAgeMs: bound(
              defaultRetention.leftovers.maxAgeMs,
              'Milliseconds that changes of deleted templates, ended servers, and what hosts that are gone had still to remove are kept.',
            ),
          },
          closed,
        ),
      },
      closed,
    ),
    http: Type.Object(
      {
        maxBodyBytes: Type.Integer({
          minimum: 64 * 1024,
          maximum: 256 * mib,
          default: 16 * mib,
          description: 'Largest request body; a larger one is refused with 413.',
        }),
        requestTimeoutMs: Type.Integer({
          minimum: 1000,
          maximum: 3_600_000,
          default: 30_000,
          description: 'Milliseconds a client may take to send one request.',
        }),
        keepAliveTimeoutMs: Type.Integer({
          minimum: 1000,
          maximum: 3_600_000,
          default: 72_000,
          description: 'Milliseconds an idle connection is kept open.',
        }),
      },
      closed,
    ),
    log: Type.Object(
      {
        level: Type.Enum(['silent', 'error', 'warn', 'info', 'debug'], {
          default: 'info',
          description: 'Least level that is written. Logs are JSON lines on standard error.',
        }),
      },
      closed,
    ),
    shutdown: Type.Object(
      {
        drainMs: Type.Integer({
          minimum: 0,
          maximum: 600_000,
          default: 10_000,
          description:
            'Milliseconds that requests under way are given to finish after SIGTERM or SIGINT. Running attempts are left running and adopted by the next server.',
        }),
      },
      closed,
    ),
  },
  closed,
);

/** The whole configuration, valid and complete. */
export type Config = Static<typeof configSchema>;

/** Recursively read-only, as the frozen configuration is handed out. */
export type FrozenConfig = Frozen<Config>;

type Frozen<T> = T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T;
