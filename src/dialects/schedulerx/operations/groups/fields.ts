/** The fields of an application that CreateAppGroup and UpdateAppGroup share. */
import type { ParameterInfo, Params } from '../../../aliyun/operation.ts';
import { failures } from '../../errors.ts';
import type { AppGroupContent } from '../../groups.ts';
import { parameter } from '../../operation.ts';
import { optionalBoolean, optionalInteger } from '../../parameters.ts';
import { boundedText } from '../../texts.ts';

/** Longest JSON of alert channels and contacts, in bytes. */
const maxJsonBytes = 16 * 1024;

export const sharedFields: readonly ParameterInfo[] = [
  parameter('AppVersion', 'integer', '1 basic, 2 professional: every feature is on in both', {
    effect: 'stored',
  }),
  parameter('Description', 'string', 'read back', { effect: 'stored' }),
  parameter('EnableLog', 'boolean', 'output is always kept', { effect: 'stored' }),
  parameter('MonitorConfigJson', 'json', 'alert channels, schedulerx.md §5.12'),
  parameter('MonitorContactsJson', 'json', 'who is told'),
  parameter(
    'NotificationPolicyName',
    'string',
    'notification policy: when to tell by which channel',
  ),
];

type SharedContent = Pick<
  AppGroupContent,
  | 'appVersion'
  | 'description'
  | 'enableLog'
  | 'monitorConfigJson'
  | 'monitorContactsJson'
  | 'notificationPolicyName'
>;

/** What the parameters say; what is absent stays as it is. @throws WireError business failure. */
export function readSharedFields(params: Params, current: SharedContent): SharedContent {
  return {
    appVersion: optionalInteger(params, 'AppVersion', { min: 1, max: 2 }) ?? current.appVersion,
    description: boundedText(
      'Description',
      params.get('Description') ?? current.description,
      1_000,
    ),
    enableLog: optionalBoolean(params, 'EnableLog') ?? current.enableLog,
    monitorConfigJson: json(params, 'MonitorConfigJson') ?? current.monitorConfigJson,
    monitorContactsJson: json(params, 'MonitorContactsJson') ?? current.monitorContactsJson,
    notificationPolicyName: boundedText(
      'NotificationPolicyName',
      params.get('NotificationPolicyName') ?? current.notificationPolicyName,
      256,
    ),
  };
}

function json(params: Params, name: string): string | undefined {
  const text = params.get(name);
  if (text === undefined || text === '') return text;
  boundedText(name, text, maxJsonBytes);
  try {
    JSON.parse(text);
  } catch {
    throw failures.unfit(name, 'it must be JSON');
  }
  return text;
}
