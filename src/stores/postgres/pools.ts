import pg from 'pg';

/** Longest that one statement may take. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** Longest wait for a row that another transaction has locked. */
const LOCK_TIMEOUT_MS = 10_000;
/** A transaction whose server went silent is rolled back after this, and lets go of its rows. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 15_000;
/** Over the statement timeout only a dead connection stays silent: it is given up. */
const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Migrations may rebuild an index, or wait for another server that migrates. */
const MIGRATION_TIMEOUT_MS = 15 * 60_000;
/** The admissions, claims, reports, firings, and refusals; two of them have to do, if need be. */
const MAX_LANE_CONNECTIONS = 5;
const MIN_LANE_CONNECTIONS = 2;
const LISTENING_CONNECTIONS = 1;
const DEFAULT_MAX_CONNECTIONS = 10;
/** Two for the hot writes, one that listens, one for all the rest. */
const MIN_CONNECTIONS = 4;

/** How to reach the database. */
export interface ConnectionOptions {
  /** `postgresql://user:password@host:port/database?sslmode=verify-full`, or with `?host=/socket/folder`. */
  readonly url: string;
  /** Most connections of this store together; at least 4. */
  readonly maxConnections?: number;
}

const INT8_OID = 20;

/** bigint as number: times, row numbers and counts stay far below 2^53. Of our own connections only. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === INT8_OID && format !== 'binary'
      ? (text: string) => Number(text)
      : pg.types.getTypeParser(oid, format),
};

const durable = '-c synchronous_commit=on -c jit=off';
/**
 * Hot statements look things up by index and touch what is due, however much is stored. A plan
 * made while the tables were empty would scan them until the next analyze; these settings leave
 * the one right plan.
 */
const indexOnly =
  '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_bitmapscan=off ' +
  '-c enable_hashjoin=off -c enable_mergejoin=off';

/** Connections for reads and rare writes. */
export function generalPool(options: ConnectionOptions): pg.Pool {
  return guarded({
    ...common(options),
    max: shareOf(options).general,
    options: durable,
  });
}

/** Connections for admissions, claims and reports, apart so that slow reads never hold them up. */
export function lanePool(options: ConnectionOptions): pg.Pool {
  return guarded({
    ...common(options),
    max: shareOf(options).lanes,
    options: `${durable} ${indexOnly}`,
  });
}

/** One connection with patience, for migrations. */
export function migrationPool(options: ConnectionOptions): pg.Pool {
  return guarded({
    ...common(options),
    max: 1,
    options: durable,
    lock_timeout: MIGRATION_TIMEOUT_MS,
    statement_timeout: MIGRATION_TIMEOUT_MS,
    idle_in_transaction_session_timeout: MIGRATION_TIMEOUT_MS,
    query_timeout: MIGRATION_TIMEOUT_MS,
  });
}

/** A connection of its own that listens; it never runs a statement for long. */
export function listeningClient(options: ConnectionOptions, applicationName: string): pg.Client {
  const client = new pg.Client({ ...common(options), application_name: applicationName });
  // Without a listener a lost connection would end the process.
  client.on('error', ignore);
  return client;
}

/** @throws RangeError when there are too few connections. */
function shareOf({ maxConnections = DEFAULT_MAX_CONNECTIONS }: ConnectionOptions): {
  readonly lanes: number;
  readonly general: number;
} {
  if (maxConnections < MIN_CONNECTIONS) {
    throw new RangeError(
      `maxConnections is ${maxConnections}; a store needs at least ${MIN_CONNECTIONS}`,
    );
  }
  const rest = maxConnections - LISTENING_CONNECTIONS;
  const half = Math.floor((rest - 1) / 2);
  const lanes = Math.min(MAX_LANE_CONNECTIONS, Math.max(MIN_LANE_CONNECTIONS, half));
  return { lanes, general: rest - lanes };
}

function common({ url }: ConnectionOptions): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'longshore',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    keepAlive: true,
    types,
  };
}

function guarded(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config);
  // Lost connections are noticed by the next query, or replaced when idle; neither ends the process.
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  return pool;
}

function ignore(): void {
  /* see the callers */
}
