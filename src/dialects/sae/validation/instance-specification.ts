import { saeError } from '../errors.ts';

/** CPU millicores that each memory size (MB) can have (sae.md §4.3.1); 21 pairs. */
export const instanceSpecifications: ReadonlyMap<number, readonly number[]> = new Map([
  [1024, [500, 1000]],
  [2048, [500, 1000, 2000]],
  [4096, [1000, 2000, 4000]],
  [8192, [2000, 4000, 8000]],
  [12_288, [12_000]],
  [16_384, [4000, 8000, 16_000]],
  [24_576, [12_000]],
  [32_768, [16_000]],
  [65_536, [8000, 16_000, 32_000]],
  [131_072, [32_000]],
]);

const defaultCpuMillis = 500;
const defaultMemoryMb = 1024;

/**
 * The size of one instance. One value alone gets its smallest legal partner.
 * @throws WireError `InvalidInstanceSpecification.Unsupported` for a pair outside the matrix.
 */
export function instanceSpecification(
  cpu: number | undefined,
  memory: number | undefined,
): { readonly cpuMillis: number; readonly memoryMib: number } {
  const cpuMillis = cpu ?? (memory === undefined ? defaultCpuMillis : smallestCpu(memory));
  const memoryMib = memory ?? (cpu === undefined ? defaultMemoryMb : smallestMemory(cpu));
  if (!instanceSpecifications.get(memoryMib)?.includes(cpuMillis)) {
    throw saeError('InvalidInstanceSpecification.Unsupported', cpuMillis, memoryMib);
  }
  return { cpuMillis, memoryMib };
}

function smallestCpu(memoryMb: number): number {
  return Math.min(...(instanceSpecifications.get(memoryMb) ?? [defaultCpuMillis]));
}

function smallestMemory(cpuMillis: number): number {
  for (const [memoryMb, cpus] of instanceSpecifications) {
    if (cpus.includes(cpuMillis)) return memoryMb;
  }
  return defaultMemoryMb;
}
