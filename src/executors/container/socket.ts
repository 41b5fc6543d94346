import fs from 'node:fs';

/** Where engines listen when nobody says otherwise. */
const usualSockets = ['/var/run/docker.sock', '/run/podman/podman.sock'] as const;

/**
 * The default of `container.socket`: what `DOCKER_HOST` names, else the first usual socket that is
 * there, else the first usual one, so that a message can name it.
 */
export function findSocket(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const host = env['DOCKER_HOST'] ?? '';
  if (host.startsWith('unix://')) return host.slice('unix://'.length);
  return usualSockets.find((path) => fs.existsSync(path)) ?? usualSockets[0];
}
