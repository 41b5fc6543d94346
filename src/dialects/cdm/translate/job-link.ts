import type { LinkOptions } from '../../../domain/transfer/link.ts';

/** A link as jobs see it. */
export interface JobLink {
  readonly name: string;
  readonly connector: string;
  readonly options: LinkOptions;
  /** Kind of database in the client's word, e.g. `DWS`; empty for others. */
  readonly databaseType: string;
}
