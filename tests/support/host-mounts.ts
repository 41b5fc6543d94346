import { readFileSync } from 'node:fs';

/** Mounts of container engines, which other tests start and end at any time. */
const ofEngines =
  /longshore-(?:docker|podman)-|\/containers\/storage|netns|\/run\/(?:docker|containerd|containers|podman)/;

/** What is mounted in this machine's own namespace, but for what container engines mount. */
export function hostMounts(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !ofEngines.test(line));
}
