import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseImage } from '../../../../src/executors/container/image-reference.ts';
import { registryAuth } from '../../../../src/executors/container/registry-auth.ts';

test('image names are read as engines read them', () => {
  const cases: [string, string, string, string][] = [
    ['app', 'docker.io', 'app', 'latest'],
    ['team/app:1.0', 'docker.io', 'team/app', '1.0'],
    ['registry.example/team/app', 'registry.example', 'registry.example/team/app', 'latest'],
    ['localhost/app:2', 'localhost', 'localhost/app', '2'],
    ['10.0.0.1:5000/app', '10.0.0.1:5000', '10.0.0.1:5000/app', 'latest'],
    ['10.0.0.1:5000/a/b:3@sha256:aa', '10.0.0.1:5000', '10.0.0.1:5000/a/b', 'sha256:aa'],
    ['app@sha256:bb', 'docker.io', 'app', 'sha256:bb'],
  ];
  for (const [image, registry, name, version] of cases) {
    assert.deepEqual(parseImage(image), { registry, name, version }, image);
  }
});

function authOf(config: object, image: string): unknown {
  const header = registryAuth(JSON.stringify(config), parseImage(image));
  return header === null ? null : JSON.parse(Buffer.from(header, 'base64url').toString());
}

test('credentials are found by registry, the closest path first', () => {
  const pair = (text: string): { auth: string } => ({ auth: Buffer.from(text).toString('base64') });
  const config = {
    auths: {
      'https://index.docker.io/v1/': pair('hub:h:ub'),
      'registry.example': { username: 'all', password: 'a' },
      'https://registry.example/team/': pair('team:t'),
      'token.example': { auth: '', identitytoken: 'tok' },
    },
  };
  const seen = (image: string): unknown => authOf(config, image);
  assert.deepEqual(seen('app'), {
    username: 'hub',
    password: 'h:ub',
    serveraddress: 'https://index.docker.io/v1/',
  });
  assert.equal((seen('registry.example/other/app') as { username: string }).username, 'all');
  assert.equal((seen('registry.example/team/app') as { username: string }).username, 'team');
  assert.equal((seen('registry.example/teams/app') as { username: string }).username, 'all');
  assert.equal((seen('token.example/x') as { identitytoken: string }).identitytoken, 'tok');
  assert.equal(seen('elsewhere.example/app'), null);
});

test('text that is no config.json is refused without repeating it', () => {
  for (const text of ['{"auths": secret', '[]', '{"auths":{"x":"secret"}}']) {
    assert.throws(
      () => registryAuth(text, parseImage('app')),
      (error: Error) => /docker config.json/.test(error.message) && !/secret/.test(error.message),
    );
  }
  assert.throws(
    () => authOf({ auths: { 'docker.io': { auth: 'secret' } } }, 'app'),
    /no user name/,
  );
});
