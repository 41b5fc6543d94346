import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import {
  ConfigError,
  loadConfig,
  printable,
  settings,
  type ConfigInput,
  type FrozenConfig,
} from '../../../src/app/config.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function load(input: Partial<ConfigInput> = {}): FrozenConfig {
  return loadConfig({ flags: [], env: {}, file: null, cwd: '/', root: false, ...input }).config;
}

/** The problems that loading names. */
function problems(input: Partial<ConfigInput>): string {
  let message = '';
  assert.throws(
    () => load(input),
    (error) => {
      assert.ok(error instanceof ConfigError);
      message = error.message;
      return true;
    },
  );
  return message;
}

suite('sources', () => {
  test('defaults are complete and valid, and depend on the user', () => {
    const config = load({ env: { XDG_STATE_HOME: '/state' } });
    assert.equal(config.listen.host, '127.0.0.1');
    assert.equal(config.listen.port, 8480);
    assert.equal(config.dataDir, '/state/longshore');
    assert.equal(config.process.user, '');
    const asRoot = load({ root: true });
    assert.equal(asRoot.dataDir, '/var/lib/longshore');
    assert.equal(asRoot.process.user, 'nobody');
  });

  test('a flag beats the environment, which beats the file, which beats the default', async (t) => {
    const cwd = await temporaryFolder(t);
    await writeFile(join(cwd, 'longshore.yaml'), 'listen:\n  port: 1\nlog.level: error\n');
    const env = { LONGSHORE_LISTEN_PORT: '2' };
    assert.equal(load().listen.port, 8480);
    assert.equal(load({ cwd }).listen.port, 1);
    assert.equal(load({ cwd, env }).listen.port, 2);
    assert.equal(load({ cwd, env, flags: [['listen.port', '3']] }).listen.port, 3);
    assert.equal(load({ cwd, env }).log.level, 'error', 'dotted keys work in the file');
    const { origins } = loadConfig({ cwd, env, flags: [], file: null, root: false });
    assert.equal(origins.get('listen.port'), 'LONGSHORE_LISTEN_PORT');
    assert.equal(origins.get('log.level'), join(cwd, 'longshore.yaml'));
    assert.equal(origins.get('region'), 'default');
  });

  test('JSON is read as well, by name from flag or environment', async (t) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, 'mine.json');
    await writeFile(file, '{"sae": {"namespaces": ["cn-hangzhou:a"]}, "publicUrl": null}');
    const expected = ['cn-hangzhou:a'];
    assert.deepEqual(load({ file }).sae.namespaces, expected);
    assert.deepEqual(load({ env: { LONGSHORE_CONFIG: file } }).sae.namespaces, expected);
  });

  test('text becomes the type of its setting', () => {
    const env = {
      LONGSHORE_SAE_NAMESPACES: 'cn-hangzhou:a, cn-hangzhou:b',
      LONGSHORE_PUBLIC_URL: '',
      LONGSHORE_SAE_BACKOFF_MAX_MS: '200',
    };
    const config = load({ env });
    assert.deepEqual(config.sae.namespaces, ['cn-hangzhou:a', 'cn-hangzhou:b']);
    assert.equal(config.publicUrl, null);
    assert.equal(config.sae.backoffMaxMs, 200);
  });

  test('a data folder is made absolute; nothing can be changed afterwards', () => {
    const config = load({ cwd: '/srv', flags: [['dataDir', 'data']] });
    assert.equal(config.dataDir, '/srv/data');
    assert.throws(() => Object.assign(config.listen, { port: 1 }), TypeError);
    assert.ok(Object.isFrozen(config.sae.namespaces));
  });

  test('every setting has a variable of its own and a description', () => {
    assert.equal(new Set(settings.map(({ variable }) => variable)).size, settings.length);
    for (const { key, schema } of settings) assert.ok(schema.description, key);
  });
});

suite('refusals', () => {
  test('unknown keys name the nearest one, wherever they stand', async (t) => {
    const cwd = await temporaryFolder(t);
    await writeFile(join(cwd, 'longshore.yml'), 'lsten:\n  port: 1\nlisten:\n  prt: 2\n');
    const words = problems({
      cwd,
      env: { LONGSHORE_LISTEN_PROT: '1' },
      flags: [['log.levle', 'info']],
    });
    assert.match(words, /unknown setting lsten .*longshore\.yml.* Did you mean listen\?/);
    assert.match(words, /unknown setting listen\.prt .* Did you mean listen\.port\?/);
    assert.match(
      words,
      /LONGSHORE_LISTEN_PROT \(environment\)\. Did you mean LONGSHORE_LISTEN_PORT\?/,
    );
    assert.match(words, /unknown setting log\.levle \(flag\)\. Did you mean log\.level\?/);
  });

  test('every wrong value is named with its source and what is allowed', () => {
    const words = problems({
      env: { LONGSHORE_LISTEN_PORT: '70000', LONGSHORE_PUBLIC_URL: 'ftp://x' },
      flags: [
        ['process.enabled', 'sometimes'],
        ['limits.unfinishedRuns', 'many'],
      ],
    });
    assert.match(
      words,
      /listen\.port = 70000 \(LONGSHORE_LISTEN_PORT\) must be a whole number from 0 to 65535/,
    );
    assert.match(
      words,
      /process\.enabled = "sometimes" \(flag\) must be one of auto, always, never/,
    );
    assert.match(words, /limits\.unfinishedRuns = "many" \(flag\) must be a whole number/);
    assert.match(words, /publicUrl = "ftp:\/\/x" \(LONGSHORE_PUBLIC_URL\)/);
  });

  test('a file that is missing, broken or no mapping is an error', async (t) => {
    const folder = await temporaryFolder(t);
    const file = join(folder, 'x.yaml');
    assert.match(problems({ file }), /cannot read .*x\.yaml/);
    await writeFile(file, 'a: [');
    assert.match(problems({ file }), /cannot read .*x\.yaml/);
    await writeFile(file, '- 1');
    assert.match(problems({ file }), /must hold a mapping/);
    await writeFile(file, 'listen: 5');
    assert.match(problems({ file }), /listen in .* is a group of settings/);
    await writeFile(file, '');
    assert.equal(load({ file }).listen.port, 8480);
  });

  test('variables that are not settings are left alone', () => {
    const env = {
      LONGSHORE_SERVER: 'http://x',
      LONGSHORE_ACCESS_KEY_SECRET: 's',
      // A Kubernetes Service called longshore puts these into every pod.
      LONGSHORE_PORT: 'tcp://10.0.0.1:8480',
      LONGSHORE_PORT_8480_TCP_ADDR: '10.0.0.1',
      LONGSHORE_SERVICE_HOST: '10.0.0.1',
    };
    assert.equal(load({ env }).listen.port, 8480);
  });
});

suite('secrets', () => {
  const url = 'postgres://jobs:s3cret@db.example/longshore?password=s3cret';

  test('a password in the store’s address is not printed', () => {
    const shown = JSON.stringify(printable(load({ env: { LONGSHORE_STORE_URL: url } })));
    assert.ok(!shown.includes('s3cret'), shown);
    assert.match(shown, /db\.example/);
  });

  test('nor does an error show it', () => {
    const message = problems({ env: { LONGSHORE_STORE_URL: url.replace('postgres', 'mysql') } });
    assert.match(message, /store\.url/);
    assert.ok(!message.includes('s3cret'), message);
  });
});
