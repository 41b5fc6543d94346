import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The collector as V8 exposes it when asked to. */
type Collect = (options: { readonly type: 'major'; readonly flavor: 'last-resort' }) => void;

/**
 * Gives back the memory that loading the program took. Sources are read, stripped and compiled
 * once; what that left behind would otherwise stay with a server for its whole life. Takes some
 * ten milliseconds, so it is for the moment before requests are served.
 */
export function releaseLoadingMemory(): void {
  // Otherwise the collector also drops compiled code, and the first requests pay for it again.
  setFlagsFromString('--no-flush-bytecode');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', flavor: 'last-resort' });
  setFlagsFromString('--flush-bytecode');
}
