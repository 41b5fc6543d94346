import { Type, type Static } from 'typebox';
import { defaultAdmissionLimits } from '../../domain/admission.ts';
import { cdm } from './cdm.ts';
import { buckets, container, packages, volumes } from './execution.ts';
import { logStores, retention } from './keeping.ts';
import { notifications } from './notifications.ts';
import { sae } from './sae.ts';
import { schedulerx } from './schedulerx.ts';
import { closed, mib } from './shapes.ts';
import { transfers } from './transfers.ts';
import { workers } from './workers.ts';

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
    sae,
    schedulerx,
    cdm,
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
    container,
    packages,
    volumes,
    buckets,
    logStores,
    workers,
    transfers,
    notifications,
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
    retention,
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
        trustedProxies: Type.Array(Type.String({ pattern: '^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$' }), {
          maxItems: 64,
          default: [],
          description:
            'Addresses and networks (CIDR) of proxies whose `X-Forwarded-For`, `-Proto` and `-Host` the native API and the console believe: who asks, and whether by TLS.',
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
