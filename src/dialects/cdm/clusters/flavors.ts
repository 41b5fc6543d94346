/** A size of cluster. */
export interface Flavor {
  readonly id: string;
  readonly name: string;
  readonly vcpus: number;
  readonly memoryGb: number;
}

/** Sizes that clusters can have (cdm.md appendix B). */
export const flavors = [
  { id: 'a79fd5ae-1833-448a-88e8-3ea2b913e1f6', name: 'cdm.small', vcpus: 2, memoryGb: 4 },
  { id: 'fb8fe666-6734-4b11-bc6c-43d11db3c745', name: 'cdm.medium', vcpus: 4, memoryGb: 8 },
  { id: '5ddb1071-c5d7-40e0-a874-8a032e81a697', name: 'cdm.large', vcpus: 8, memoryGb: 16 },
  { id: '6ddb1072-c5d7-40e0-a874-8a032e81a698', name: 'cdm.xlarge', vcpus: 16, memoryGb: 32 },
] as const satisfies readonly Flavor[];

/** By id or name; null when there is none. */
export function findFlavor(idOrName: string): Flavor | null {
  return flavors.find(({ id, name }) => id === idOrName || name === idOrName) ?? null;
}

/** Extractors that a cluster runs at a time (cdm.md §1). */
export function extractorLimit({ vcpus }: Flavor): number {
  return 2 * vcpus;
}
