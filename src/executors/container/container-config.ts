import type { AttemptFile, AttemptStart } from '../../ports/executor.ts';
import type { Bind, NfsMount } from '../mounts/contract.ts';
import { labels } from './api.ts';
import { engineLogFiles, minEngineLogBytes, minMemoryBytes } from './limits.ts';

/** Tells a job which attempt it is. */
const idVariable = 'LONGSHORE_ATTEMPT_ID';

/** A limit of every process in a container, e.g. `nofile`. */
export interface Ulimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

/** Everything an engine needs to make the container of one attempt. */
export interface ContainerParts {
  readonly start: AttemptStart;
  readonly hostLabel: string;
  readonly image: string;
  /** Replaces the image's entry point and arguments; empty = the image's own. */
  readonly argv: readonly string[];
  /** Variables below those of the attempt. */
  readonly env: Readonly<Record<string, string>>;
  readonly binds: readonly Bind[];
  readonly nfs: readonly NfsMount[];
  /** Name, `host`, `none`, or '' for the engine's own. */
  readonly network: string;
  readonly maxLogBytes: number;
  /** Most processes and threads; 0 = no limit. */
  readonly pidsLimit: number;
  /** Empty = the engine's own. */
  readonly ulimits: readonly Ulimit[];
  /** CPUs of the engine's machine, because engines refuse a limit above them; 0 = unknown. */
  readonly cpus: number;
}

/** The body of the engine's call that makes a container. */
export function containerConfig(parts: ContainerParts): object {
  const { start, argv } = parts;
  const { attemptId, fence, spec } = start;
  const env = { ...parts.env, ...start.env, [idVariable]: attemptId };
  return {
    Image: parts.image,
    ...(argv.length === 0 ? {} : { Entrypoint: argv, Cmd: [] }),
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: {
      [labels.host]: parts.hostLabel,
      [labels.attempt]: attemptId,
      [labels.fence]: String(fence),
    },
    Tty: false,
    OpenStdin: false,
    HostConfig: {
      ...(parts.network === '' ? {} : { NetworkMode: parts.network }),
      ...resources(spec.resources, parts.cpus),
      // Said always: Podman has a limit of its own where nothing is said.
      PidsLimit: parts.pidsLimit === 0 ? -1 : parts.pidsLimit,
      ...(parts.ulimits.length === 0
        ? {}
        : {
            Ulimits: parts.ulimits.map(({ name, soft, hard }) => ({
              Name: name,
              Soft: soft,
              Hard: hard,
            })),
          }),
      ExtraHosts: (spec.task.hostAliases ?? []).map(({ hostName, ip }) => `${hostName}:${ip}`),
      Mounts: mounts(parts),
      // The engine's copy must outlast our absence, and must not fill its disk.
      LogConfig: {
        Type: 'json-file',
        Config: {
          'max-size': `${Math.ceil(Math.max(minEngineLogBytes, 2 * parts.maxLogBytes) / 2 ** 20)}m`,
          'max-file': String(engineLogFiles),
        },
      },
      // Retries are the engine's of Longshore, with their own attempts.
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
    },
  };
}

function resources(
  { cpuMillis, memoryMib }: AttemptStart['spec']['resources'],
  cpus: number,
): Record<string, number> {
  const nanoCpus = Math.round(cpuMillis * 1e6);
  const memory = Math.max(memoryMib * 2 ** 20, minMemoryBytes);
  return {
    ...(cpuMillis > 0 ? { NanoCpus: cpus > 0 ? Math.min(nanoCpus, cpus * 1e9) : nanoCpus } : {}),
    // The same with swap: a limit that swaps instead of ending the job is none.
    ...(memoryMib > 0 ? { Memory: memory, MemorySwap: memory } : {}),
  };
}

function mounts({ binds, nfs }: ContainerParts): readonly object[] {
  // Outer folders first, so that what lies inside them is laid over them.
  const bound = binds.map(({ hostPath, mountPath, readOnly }) => ({
    Type: 'bind',
    Source: hostPath,
    Target: mountPath,
    ReadOnly: readOnly,
  }));
  const exported = nfs.map(({ server, exportPath, mountPath, readOnly }) => ({
    Type: 'volume',
    Target: mountPath,
    ReadOnly: readOnly,
    VolumeOptions: {
      NoCopy: true,
      DriverConfig: {
        Name: 'local',
        Options: {
          type: 'nfs',
          o: `addr=${server},${readOnly ? 'ro' : 'rw'}`,
          device: `:${exportPath}`,
        },
      },
    },
  }));
  return [...bound, ...exported].toSorted((one, other) => (one.Target < other.Target ? -1 : 1));
}

/** Why these words and variables cannot be handed over, with the remedy; null when they can. */
export function commandProblem(
  argvs: readonly (readonly string[] | null)[],
  env: Readonly<Record<string, string>>,
  maxBytes: number,
): string | null {
  let bytes = 0;
  for (const word of argvs.flatMap((argv) => argv ?? [])) {
    if (word.includes('\0')) return 'an argument contains a zero byte; remove it';
    bytes += Buffer.byteLength(word);
  }
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || /[=\0\n]/.test(name)) {
      return `variable name ${JSON.stringify(name)} is not possible; use letters, digits and _`;
    }
    if (value.includes('\0')) return `variable ${name} contains a zero byte; remove it`;
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value);
  }
  if (bytes <= maxBytes) return null;
  return `arguments and variables take ${bytes} bytes, at most ${maxBytes} fit; pass large data in a file`;
}

/** Where PHP settings go when the template does not say. */
const defaultPhpLocation = '/usr/local/etc/php/php.ini';

/** Files of the attempt itself and of its image's PHP settings. */
export function ownFiles({ spec, files }: AttemptStart): readonly AttemptFile[] {
  const { artifact } = spec.task;
  const php = artifact.kind === 'image' ? artifact.php : undefined;
  if (php === undefined || php.config === null) return files ?? [];
  return [...(files ?? []), { path: php.location ?? defaultPhpLocation, content: php.config }];
}
