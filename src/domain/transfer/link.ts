/** Links: configured connections to where data lies. */

/** Options of databases behind a network. */
export interface DatabaseLinkOptions {
  /** The first that answers is taken. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** Empty = none chosen. */
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tls: 'off' | 'prefer' | 'require';
  readonly connectTimeoutMs: number;
  /** Longest silence of the server while a statement runs; 0 = no limit. */
  readonly socketTimeoutMs: number;
  /** Rows per fetch of a cursor, rows per commit, rows per statement, where rows are sent one by one. */
  readonly fetchRows: number;
  readonly commitRows: number;
  readonly batchRows: number;
  /** Character around identifiers; null = the database's usual; empty = none. */
  readonly identifierQuote: string | null;
  /** Schema when none is named; empty = the database's default. */
  readonly defaultSchema: string;
}

/** What a link says, in clear. Stored only sealed. */
export type LinkOptions =
  | ({ readonly kind: 'postgres' } & DatabaseLinkOptions)
  | ({
      readonly kind: 'mysql';
      /** Whether rows go by LOAD DATA LOCAL. */
      readonly loadData: boolean;
      /** Whether tinyint(1) is a boolean. */
      readonly tinyIntIsBool: boolean;
    } & DatabaseLinkOptions)
  | {
      readonly kind: 'sqlite';
      /** Path below the operator's folder for databases. */
      readonly file: string;
      readonly batchRows: number;
      readonly commitRows: number;
    }
  /** A folder tree of this machine. */
  | {
      readonly kind: 'local';
      /** Name of the share, or the address by which the operator mapped it to a folder. */
      readonly share: string;
    }
  | {
      readonly kind: 's3';
      /** With scheme and port, e.g. `https://obs.example.com`. */
      readonly endpoint: string;
      readonly region: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
      /** Empty = none. */
      readonly sessionToken: string;
      /** Whether the bucket is in the path instead of the host name. */
      readonly pathStyle: boolean;
      readonly connectTimeoutMs: number;
      readonly socketTimeoutMs: number;
    }
  | {
      readonly kind: 'sftp';
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      /** PEM text; empty = none. */
      readonly privateKey: string;
      /** `SHA256:…` as OpenSSH prints it; empty = any host key. */
      readonly hostKeyFingerprint: string;
    }
  | {
      readonly kind: 'ftp';
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
      readonly passive: boolean;
      readonly tls: boolean;
    }
  /** Addresses are the source's own paths. */
  | { readonly kind: 'http' }
  /** Tables as folders of files below a root. */
  | {
      readonly kind: 'warehouse';
      /** Where the files are. */
      readonly files: Extract<LinkOptions, { kind: 'local' | 's3' }>;
      /** Bucket of the root; empty for folders. */
      readonly bucket: string;
      /** Path of the root. */
      readonly path: string;
    };

export type LinkKind = LinkOptions['kind'];

/** A stored link. */
export interface Link {
  /** What it belongs to, e.g. a cluster. Names are unique in it. */
  readonly namespace: string;
  readonly name: string;
  readonly number: number;
  readonly options: LinkOptions | null;
  readonly enabled: boolean;
  /** The dialect's own record of what was sent, without secrets. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly createdBy: string;
  readonly updatedBy: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}
