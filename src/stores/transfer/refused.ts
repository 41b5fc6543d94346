/** A move, backup or restore that cannot be done as things are: what is wrong, and what to do. */
export class TransferRefusedError extends Error {
  readonly fix: string;

  constructor(message: string, fix: string) {
    super(message);
    this.name = 'TransferRefusedError';
    this.fix = fix;
  }
}
