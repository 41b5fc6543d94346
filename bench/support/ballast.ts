/**
 * Preloaded with `--import` into the server under test: fills its JavaScript heap with about
 * 1 GiB of live objects, to show that starting jobs does not get slower with the server's size.
 */
const MIB = 1024 * 1024;
const target = process.memoryUsage().heapUsed + 1024 * MIB;
const ballast: object[] = [];
while (process.memoryUsage().heapUsed < target) {
  for (let i = 0; i < 100_000; i += 1)
    ballast.push({ i, text: `ballast ${i}`, list: [i, i + 1, i + 2] });
}
Object.defineProperty(globalThis, 'ballast', { value: ballast });
