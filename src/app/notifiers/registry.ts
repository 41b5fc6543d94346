import type { Notifier } from '../../ports/notifier.ts';
import type { FrozenConfig } from '../config/schema.ts';
import { createMailNotifier } from './mail.ts';
import { createWebhookNotifier } from './webhook.ts';

/** The ways this server tells people: a new one is a line here. @throws Error for wrong settings. */
export function createNotifiers({ notifications }: FrozenConfig): readonly Notifier[] {
  const { mail, webhook } = notifications;
  const { smtpUrl, from, timeoutMs } = mail;
  return [
    createWebhookNotifier(webhook),
    ...(smtpUrl === null ? [] : [createMailNotifier({ smtpUrl, from, timeoutMs })]),
  ];
}
