import { spawnSync } from 'node:child_process';

/** A program that some tests need and that a machine may lack. */
export interface OptionalTool {
  readonly name: string;
  /** A call that exits 0 when the tool is usable. */
  readonly probe: readonly [string, ...string[]];
  /** What is not tested without it. */
  readonly neededFor: string;
}

/** Every program outside npm that tests use. */
export const optionalTools = [
  {
    name: 'bash',
    probe: ['bash', '-c', 'set -m'],
    neededFor: 'the process executor: its keepers are bash shells',
  },
  {
    name: 'setsid',
    probe: ['setsid', '--version'],
    neededFor: 'the process executor: groups of processes that outlive the server (util-linux)',
  },
  {
    name: 'moto_server',
    probe: ['moto_server', '--help'],
    neededFor: 'buckets of object stores: an S3-compatible server (pip install "moto[server]")',
  },
  {
    name: 'python3',
    probe: ['python3', '-m', 'venv', '--help'],
    neededFor: 'compat: the typed SDK for Python (with its venv module)',
  },
  {
    name: 'go',
    probe: ['go', 'version'],
    neededFor: 'compat: the typed SDK for Go',
  },
  {
    name: 'mvn',
    probe: ['mvn', '--version'],
    neededFor: 'compat: a real XXL-JOB executor is built',
  },
  {
    name: 'dockerd',
    probe: [
      'sh',
      '-c',
      'test "$(id -u)" = 0 && dockerd --version && busybox --list && tar --version',
    ],
    neededFor:
      'the container executor on Docker: an engine that root starts, and busybox for its image',
  },
  {
    name: 'podman',
    probe: [
      'sh',
      '-c',
      'test "$(id -u)" = 0 && podman --version && runc --version && busybox --list',
    ],
    neededFor:
      'the container executor on Podman: an engine that root starts, and busybox for its image',
  },
  {
    name: 'docker-registry',
    probe: ['docker-registry', '--version'],
    neededFor: 'pulling images: a registry on loopback',
  },
  {
    name: 'java',
    probe: ['java', '-version'],
    neededFor: 'packages: a jar is really run',
  },
  {
    name: 'javac',
    probe: ['javac', '-version'],
    neededFor: 'packages: the jar and the servlet that are run are compiled by the test',
  },
  {
    name: 'tomcat10',
    probe: ['test', '-x', '/usr/share/tomcat10/bin/catalina.sh'],
    neededFor: 'packages: a war is really served (Debian: tomcat10)',
  },
  {
    name: 'pip',
    probe: ['/usr/bin/python3', '-m', 'pip', '--version'],
    neededFor: 'packages: a Python package is run with its modules (Debian: python3-pip)',
  },
  {
    name: 'php',
    probe: ['php', '-v'],
    neededFor: 'packages: a PHP package is really run (Debian: php-cli)',
  },
  {
    name: 'chromium',
    probe: ['chromium', '--version'],
    neededFor: 'the console: every page in a real browser (Debian: chromium)',
  },
  {
    name: 'promtool',
    probe: ['promtool', '--version'],
    neededFor: 'metrics and alerts as Prometheus itself checks them (Debian: prometheus)',
  },
] as const satisfies readonly OptionalTool[];

/** Name of an optional tool. */
export type ToolName = (typeof optionalTools)[number]['name'];

const PROBE_TIMEOUT_MS = 10_000;

/** Tools this machine lacks, with what goes untested. */
export function missingTools(): readonly OptionalTool[] {
  return optionalTools.filter((tool) => !isThere(tool));
}

/** What probes said so far: a tool neither comes nor goes while tests run. */
const probed = new Map<string, boolean>();

function isThere({ name, probe: [program, ...args] }: OptionalTool): boolean {
  const known = probed.get(name);
  if (known !== undefined) return known;
  const { status } = spawnSync(program, args, { stdio: 'ignore', timeout: PROBE_TIMEOUT_MS });
  probed.set(name, status === 0);
  return status === 0;
}

/**
 * Test options that skip a test where a tool is missing: `test('…', needs('bash'), () => …)`.
 * With LONGSHORE_REQUIRE_ALL=1 (set in CI) nothing is skipped.
 * @throws Error naming the missing tool when skipping is not allowed.
 */
export function needs(...names: readonly ToolName[]): { readonly skip?: string } {
  const first = optionalTools.find((tool) => names.includes(tool.name) && !isThere(tool));
  if (first === undefined) return {};
  const text = `${first.name} is missing on this machine, needed for ${first.neededFor}`;
  if (process.env['LONGSHORE_REQUIRE_ALL'] === '1') {
    throw new Error(`${text}; LONGSHORE_REQUIRE_ALL=1 forbids skipping: install it`);
  }
  return { skip: text };
}
