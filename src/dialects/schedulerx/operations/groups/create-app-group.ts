import { randomInt } from 'node:crypto';
import { failures } from '../../errors.ts';
import { changeGroup, sealAppKey } from '../../groups.ts';
import { requireNamespace } from '../../namespaces.ts';
import { common, defineOperation, parameter } from '../../operation.ts';
import { optionalBoolean, optionalInteger, required } from '../../parameters.ts';
import { requireKnownPolicy } from '../../policies.ts';
import { boundedText } from '../../texts.ts';
import { readSharedFields, sharedFields } from './fields.ts';

/** Workers send their key unescaped (workers.md §2.1): nothing in it may need escaping. */
const keyAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** Of 62 letters: 142 bits. */
const keyChars = 24;
/** Jobs of an application that says no number. */
const defaultMaxJobs = 1_000;
/** Lists of jobs are complete by contract, so they are bounded here. */
const mostMaxJobs = 10_000;

/** Makes an application and the key that its workers prove themselves with (schedulerx.md §4.2). */
export const createAppGroup = defineOperation({
  name: 'CreateAppGroup',
  ramAction: 'CreateSchedulerxAppGroupCreate',
  method: 'GET',
  parameters: [
    common.regionId,
    common.namespace,
    common.namespaceSource,
    common.groupId,
    parameter('AppName', 'string', 'workers may register by it too', { required: true }),
    parameter('AppKey', 'string', 'default 24 letters and digits'),
    parameter('AppType', 'integer', '1 standard, 2 Kubernetes', { effect: 'stored' }),
    parameter('MaxJobs', 'integer', `at most ${mostMaxJobs}; default ${defaultMaxJobs}`),
    parameter('NamespaceName', 'string', 'ignored: namespaces have names of their own', {
      effect: 'stored',
    }),
    parameter('ScheduleBusyWorkers', 'boolean', 'whether busy workers are chosen when all are'),
    ...sharedFields,
  ],
  async handle({ params }, services) {
    const groupId = boundedText('GroupId', required(params, 'GroupId'), 200);
    // oxlint-disable-next-line no-control-regex
    if (groupId.trim() === '' || /[\u0000-\u001f\u007f]/.test(groupId)) {
      throw failures.invalid('GroupId', groupId);
    }
    const appName = boundedText('AppName', required(params, 'AppName'), 256);
    if (appName.trim() === '') throw failures.cannotBeNull('AppName');
    const { id: namespace } = await requireNamespace(services, params);
    await requireKnownPolicy(services, params);
    const given = boundedText('AppKey', params.get('AppKey') ?? '', 256);
    const appKey = given === '' ? newAppKey() : given;
    const content = {
      appName,
      sealedAppKey: sealAppKey(services, appKey),
      appType: optionalInteger(params, 'AppType', { min: 0, max: 10 }) ?? 1,
      maxJobs: optionalInteger(params, 'MaxJobs', { min: 1, max: mostMaxJobs }) ?? defaultMaxJobs,
      maxConcurrency: 0,
      namespaceName: boundedText('NamespaceName', params.get('NamespaceName') ?? '', 256),
      scheduleBusyWorkers: optionalBoolean(params, 'ScheduleBusyWorkers') ?? false,
      grants: [],
      ...readSharedFields(params, {
        appVersion: 2,
        description: '',
        enableLog: false,
        monitorConfigJson: '',
        monitorContactsJson: '',
        notificationPolicyName: '',
      }),
    };
    const group = await changeGroup(services, namespace, groupId, (current) => {
      if (current !== null) throw failures.groupExists(groupId, namespace);
      return content;
    });
    return { data: { AppGroupId: group?.number, AppKey: appKey } };
  },
});

function newAppKey(): string {
  return Array.from({ length: keyChars }, () => keyAlphabet[randomInt(keyAlphabet.length)]).join(
    '',
  );
}
