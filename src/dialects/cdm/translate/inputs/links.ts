/** Inputs of links (cdm.md §4.3). */
import type { InputTable } from '../../values/settings.ts';
import { choice, flag, integer, map, refused, stored, text } from './specs.ts';

const prefix = 'linkConfig.';
const required = { required: true } as const;
const port = { min: 1, max: 65_535 } as const;

/** Kinds of database as clients name them; those behind one name speak its protocol. */
export const databaseTypes = [
  'MYSQL=MARIADB',
  'POSTGRESQL',
  'DWS',
  'SQLITE',
  'DDM',
  'MYCAT',
  'ORACLE',
  'SQLSERVER',
  'DB2',
  'SAP HANA',
  'DM',
  'SHARDING',
  'YASHAN',
  'SHENTONG',
] as const;

const jdbc: InputTable = {
  prefix,
  specs: [
    choice(
      'databaseType',
      databaseTypes,
      'MYSQL, MARIADB, DDM, MYCAT; POSTGRESQL, DWS; SQLITE. Others are refused',
      required,
    ),
    text('host', 'required but for SQLITE; of several, joined by commas, the first that answers'),
    integer('port', 'default 3306, 5432, for DWS 8000', port),
    text('database', 'SQLITE: file below the folder of databases of this server'),
    text('username', 'required but for SQLITE'),
    text('password', 'required but for SQLITE'),
    integer('fetchSize', 'rows per fetch; default 1000', { min: 1, max: 1_000_000 }),
    integer('commitSize', 'rows per commit where rows go one by one; default 10000', {
      min: 1,
      max: 10_000_000,
    }),
    integer('batchSize', 'rows per statement where rows go one by one; default 100', {
      min: 1,
      max: 100_000,
    }),
    flag('usingNative', 'MySQL: true or absent = LOAD DATA LOCAL, where the server allows it'),
    flag('useSSL', 'TLS'),
    map(
      'jdbcProperties',
      'connectTimeout, socketTimeout, sslmode, currentSchema, tinyInt1isBit act; others are stored; ' +
        'allowLoadLocalInfile, autoDeserialize, socketFactory, names of classes, user and password are refused',
    ),
    stored('isRds', 'belongs to the cloud'),
    stored('importMode', 'COPY is always used'),
    stored('version', 'Oracle only'),
    stored('databaseconfig', 'Oracle only'),
    stored('sidname', 'Oracle only'),
    refused('createBackendLinks', 'sharding is not supported'),
    stored('agent', 'belongs to the cloud'),
    stored('useAgent', 'belongs to the cloud'),
  ],
};

/** The one input with another prefix. */
const dialect: InputTable = {
  prefix: 'dialect.',
  specs: [text('identifierEnclose', 'around identifiers; one space = none')],
};

const obs: InputTable = {
  prefix,
  specs: [
    choice('storageType', ['OBS', 'OSS', 'S3'], 'default OBS'),
    text('server', 'host without bucket; may begin with http:// or https://'),
    integer('port', 'default 443; https for 443, 8443 and 9443', port),
    text('accessKey', '', required),
    text('securityKey', '', required),
    choice('obsBucketType', ['OB', 'PFS'], 'PFS = file system', { effect: 'stored' }),
    map(
      'properties',
      'connectionTimeout and socketTimeout in ms, pathStyle, region act; idleConnectionTime is stored',
    ),
    text('ossEndpoint', 'OSS: instead of server'),
    choice('ossAuthType', ['ACCESS_KEY', 'STS'], 'OSS'),
    text('securityToken', 'OSS with STS'),
  ],
};

const server = [
  text('server', 'host', required),
  text('username', '', required),
  text('password', 'required; with a privateKey its passphrase is not supported'),
] as const;

const sftp: InputTable = {
  prefix,
  specs: [
    ...server,
    integer('port', 'default 22', port),
    text('privateKey', 'PEM text instead of a password (ours)'),
    text('hostKeyFingerprint', 'SHA256:…; empty = any host key (ours)'),
  ],
};

const ftp: InputTable = {
  prefix,
  specs: [
    ...server,
    integer('port', 'default 21', port),
    flag('passive', 'default true (ours)'),
    flag('useTls', 'explicit TLS; default false (ours)'),
  ],
};

const nas: InputTable = {
  prefix,
  specs: [
    choice('protocol', ['SMB', 'CIFS', 'NFS'], '', { required: true, effect: 'stored' }),
    text('server', 'local:<share>, or an address that the operator mapped to a folder', required),
    stored('username', 'the operator mounts shares'),
    stored('password', 'the operator mounts shares'),
  ],
};

const hadoop = [
  stored('host', 'cluster managers are not asked'),
  stored('port', 'cluster managers are not asked'),
  stored('casPort', 'cluster managers are not asked'),
  stored('user', 'folders need no user'),
  stored('password', 'folders need no password'),
  stored('authType', 'folders need no sign-in'),
  stored('principal', 'folders need no sign-in'),
  stored('keytab', 'folders need no sign-in'),
  stored('runMode', ''),
] as const;

const hdfs: InputTable = {
  prefix,
  specs: [
    text('uri', 'file:///folder, mapped by the operator; others are refused', required),
    stored('hadoopType', ''),
    ...hadoop,
    stored('properties', ''),
  ],
};

const hive: InputTable = {
  prefix,
  specs: [
    text('uri', 'file:///folder, mapped by the operator, or obs://bucket/prefix', required),
    map('properties', 'obsLink: name of the obs link that obs:// is read by'),
    stored('hiveVersion', ''),
    stored('hiveMsUris', 'a metastore is not asked'),
    stored('obsSupport', ''),
    stored('accessKey', 'see obsLink'),
    stored('securityKey', 'see obsLink'),
    ...hadoop,
  ],
};

/** Inputs of a connector's links; those of declared connectors are not looked at. */
export const linkInputs: Readonly<Record<string, readonly InputTable[]>> = {
  'generic-jdbc-connector': [jdbc, dialect],
  'obs-connector': [obs],
  'sftp-connector': [sftp],
  'ftp-connector': [ftp],
  'nas-connector': [nas],
  'hdfs-connector': [hdfs],
  'hive-connector': [hive],
  'http-connector': [{ prefix, specs: [] }],
};
