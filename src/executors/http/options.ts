/** The part of the logger this executor uses. */
export interface HttpExecutorLog {
  warn(fields: object, message: string): void;
}

export interface HttpExecutorOptions {
  /** Folder that holds `http/<attemptId>`: what is kept of each request. */
  readonly dataDir: string;
  /**
   * Private addresses that may be called: `any`, or addresses (`10.0.0.7`), networks
   * (`10.0.0.0/8`) and host names. Public ones always may.
   */
  readonly allow: 'any' | readonly string[];
  /** Most requests at the same time; further ones wait. */
  readonly maxConcurrent: number;
  nowMs(): number;
  readonly log: HttpExecutorLog;
}
