import process from 'node:process';
import { probeParallel } from '../limits.ts';
import { Turns } from '../turns.ts';
import { javaHomes, phps, pythons, type Surroundings, tomcatHomes } from './candidates.ts';
import { probeJava, probePhp, probePython, probeTomcat } from './probes.ts';
import type { DetectedRuntime } from './runtime.ts';

/**
 * Looks for the runtimes of this machine and asks each for its version. Takes a bounded time and
 * never fails: what does not answer is not there.
 */
export async function detectedRuntimes(
  environment: Surroundings = process.env,
): Promise<readonly DetectedRuntime[]> {
  const turns = new Turns(probeParallel);
  const each = (
    places: readonly string[],
    probe: (place: string) => Promise<DetectedRuntime | null>,
  ): Promise<readonly DetectedRuntime[]> =>
    Promise.all(places.map((place) => turns.take(AbortSignal.any([]), () => probe(place)))).then(
      (found) => found.filter((runtime) => runtime !== null),
    );

  const [javas, python, php] = await Promise.all([
    javaHomes(environment).then((places) => each(places, probeJava)),
    pythons(environment).then((places) => each(places, probePython)),
    phps(environment).then((places) => each(places, probePhp)),
  ]);
  // A Tomcat is asked by a Java; without one it could not run anything anyway.
  const java = javas[0]?.program;
  const tomcats =
    java === undefined
      ? []
      : await each(await tomcatHomes(environment), (home) => probeTomcat(home, java));
  return [...javas, ...tomcats, ...python, ...php];
}
