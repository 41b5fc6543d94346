import { Type } from 'typebox';
import { closed, maxSafe, mib } from './shapes.ts';

/** Images as containers. */
export const container = Type.Object(
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
    pidsLimit: Type.Integer({
      minimum: 0,
      maximum: 4_194_304,
      default: 4096,
      description: 'Most processes and threads of one container; 0 = no limit.',
    }),
    maxLogBytes: Type.Integer({
      minimum: 64 * 1024,
      maximum: 1024 * 1024 * mib,
      default: 64 * mib,
      description: 'Bytes kept of each output stream of an attempt; the oldest are released first.',
    }),
  },
  closed,
);

/** Packages and what runs them. */
export const packages = Type.Object(
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
      description:
        'Longest milliseconds that one package may take to fetch, waiting for its turn included.',
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
    hosts: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
      maxItems: 1000,
      default: [],
      description:
        'Hosts that `http:` and `https:` packages may come from, redirects included: host names, addresses (`10.0.0.7`) and networks (`10.0.0.0/8`). Empty = any. Link-local addresses and those of cloud metadata are refused always.',
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
);

/** Shared file systems by name. */
export const volumes = Type.Array(
  Type.Object(
    {
      id: Type.Optional(Type.String({ minLength: 1, description: 'NasId / nasId.' })),
      host: Type.Optional(Type.String({ minLength: 1, description: 'MountHost / mountDomain.' })),
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
);

/** Buckets by name. */
export const buckets = Type.Array(
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
      region: Type.Optional(
        Type.String({ minLength: 1, description: 'Region that requests are signed for.' }),
      ),
      accessKeyId: Type.Optional(
        Type.String({ minLength: 1, description: 'Key of templates that bring none.' }),
      ),
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
);
