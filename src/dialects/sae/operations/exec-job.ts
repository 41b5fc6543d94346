import type { Operation } from '../../aliyun/operation.ts';
import { parameterInfo } from '../parameters/parameter.ts';
import { appIdInfo, applicationResource, requiredText } from '../requests.ts';
import type { SaeServices } from '../services.ts';
import { sentOverrides } from '../translate/override.ts';
import { submitRequest } from '../translate/submit.ts';
import { configMapIdsOfEnvs, readConfigMaps } from '../validation/read-context.ts';

/**
 * Starts a run, once per EventId (sae.md §4.4). The engine keeps the contract's order of checks,
 * and reads the template itself: only ConfigMaps that the request refers to are read here.
 */
export const execJob: Operation<SaeServices> = {
  name: 'ExecJob',
  method: 'GET',
  path: '/pop/v1/sam/job/execJob',
  parameters: [
    appIdInfo,
    parameterInfo('EventId', 'string', false, 'idempotency key, at most 128 characters'),
    parameterInfo('Command', 'string', false, 'replaces the template’s; not for FatJar and War'),
    parameterInfo('CommandArgs', 'json', false, 'replaces the template’s; not for FatJar and War'),
    parameterInfo('Envs', 'json', false, 'merged by name over the template’s, ConfigMaps included'),
    parameterInfo('JarStartOptions', 'string', false, 'replaces the template’s; FatJar only'),
    parameterInfo('JarStartArgs', 'string', false, 'replaces the template’s; FatJar only'),
    parameterInfo('WarStartOptions', 'string', false, 'replaces the template’s; War only'),
    parameterInfo('Time', 'string', false, 'yyyy-MM-ddTHH:mm:ssZ; past or absent = now'),
    parameterInfo('Replicas', 'integer', false, 'replaces the template’s'),
  ],
  resource: applicationResource,
  starts: true,
  async handle(call, { context, settings }) {
    const appId = requiredText(call.params, 'AppId');
    const sent = sentOverrides(call.params);
    const configMaps = await readConfigMaps(configMapIdsOfEnvs(sent['Envs']), context.engine);
    const { run } = await context.engine.runs.submit(
      submitRequest({ call, appId, sent, configMaps }, settings),
    );
    // Strings all through: the outer Success is a boolean, this one is not.
    return { data: { Data: run.id, Msg: 'success', Success: 'true', Code: '200' } };
  },
};
