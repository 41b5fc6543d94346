/** ConfigMaps as variables of jobs that really run. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  createTemplate,
  exec,
  finished,
  refusal,
  type SaeServer,
  startSaeServer,
  stdout,
} from '../../support/sae.ts';

const path = '/pop/v1/sam/configmap/configMap';

async function configMap(server: SaeServer, Name: string, data: object): Promise<number> {
  const query = { NamespaceId: 'cn-hangzhou', Name };
  const form = { Data: JSON.stringify(data) };
  const made = await server.sae('CreateConfigMap', 'POST', path, query, form);
  return (made['Data'] as { ConfigMapId: number }).ConfigMapId;
}

const ref = (name: string, configMapId: number, key?: string) => ({
  name,
  valueFrom: 'configMapRef',
  configMapId,
  ...(key === undefined ? {} : { key }),
});
const print = ['sh', '-c', 'echo "$A|$B|$C|$FROM_MAP"'];

suite('variables from ConfigMaps', () => {
  test('reach the job with the contract’s precedence, as they are when it starts', async (t) => {
    const server = await startSaeServer(t);
    const { sae } = server;
    const id = await configMap(server, 'one', { k: '1', A: 'whole', B: 'whole', FROM_MAP: 'f' });
    const other = await configMap(server, 'two', { k: '2' });
    const appId = await createTemplate(sae, print, {
      Envs: JSON.stringify([
        { name: 'A', value: 'literal' },
        ref('C', id, 'k'),
        ref('sae-sys-configmap-all-one', id),
      ]),
    });
    const output = async (more: Readonly<Record<string, string>> = {}) => {
      const jobId = await exec(sae, appId, more);
      assert.equal((await finished(sae, appId, jobId)).State, '1');
      return (await stdout(server, jobId)).trim();
    };
    assert.equal(await output(), 'literal|whole|1|f');
    // The request's items win by name, whatever they were.
    const Envs = JSON.stringify([ref('A', other, 'k'), { name: 'C', value: 'c' }]);
    assert.equal(await output({ Envs }), '2|whole|c|f');
    const data = { Data: '{"k":"new","FROM_MAP":"g"}' };
    // The type of calls knows only the methods of the job group.
    await sae('UpdateConfigMap', 'PUT' as 'POST', path, { ConfigMapId: String(id) }, data);
    assert.equal(await output(), 'literal||new|g');
  });

  test('a key that is gone when the job starts fails it with words, and soon', async (t) => {
    const server = await startSaeServer(t);
    const { sae } = server;
    const id = await configMap(server, 'one', { k: '1' });
    const appId = await createTemplate(sae, print, { Envs: JSON.stringify([ref('A', id, 'k')]) });
    const data = { Data: '{"other":"1"}' };
    await sae('UpdateConfigMap', 'PUT' as 'POST', path, { ConfigMapId: String(id) }, data);
    const jobId = await exec(sae, appId);
    const { State, Message } = await finished(sae, appId, jobId);
    assert.equal(State, '2');
    assert.match(Message, new RegExp(`ConfigMap \\(ID: ${id}\\) has no key "k"`));
    const told = await refusal(exec(sae, appId, { Envs: JSON.stringify([ref('A', id, 'k')]) }));
    assert.equal(told.code, 'NotFound.ConfigMapKey');
  });
});
