/** A group of workers as those who register in it name it. */
export interface WorkerGroup {
  /** Number of the group; `WorkerArtifact.group`. */
  readonly number: number;
  /** What workers call it, e.g. `app.defaultGroup`. */
  readonly name: string;
  /** Further name that workers may register under; empty = none. */
  readonly alias: string;
  readonly namespace: string;
}

/** Who may register as a worker. Implemented by the dialect that manages groups. */
export interface WorkerGroups {
  /**
   * The group of that name (or alias) whose key is the one given. `namespace` null = any: then
   * the key decides among groups of one name.
   */
  authenticate(
    name: string,
    namespace: string | null,
    key: string,
  ): Promise<WorkerGroup | 'unknown-group' | 'wrong-key'>;
  byNumber(number: number): Promise<WorkerGroup | null>;
}

/** A live worker. */
export interface WorkerInfo {
  /** Number of its group. */
  readonly group: number;
  /** What designations name it by: `{id}@{ip}:{port}`. */
  readonly address: string;
  readonly ip: string;
  readonly port: number;
  readonly label: string;
  /** e.g. `xxljob`, `go`. */
  readonly starter: string;
  readonly version: string;
  readonly seenAtMs: number;
  readonly busy: 'free' | 'load' | 'memory' | 'disk';
  /** Numbers it reported about itself, by the names of schedulerx.md §4.5 (`CpuLoad1`, …). */
  readonly metrics: Readonly<Record<string, number>>;
}
