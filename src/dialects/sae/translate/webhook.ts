import { createHash } from 'node:crypto';
import type { TemplateRevision } from '../../../domain/template.ts';
import type { SaeSettings } from '../services.ts';
import { parseTriggerConfig } from '../values/trigger-config.ts';
import type { TriggerConfig } from '../values/trigger-config.ts';

/** Path of every webhook (sae.md §4.3.8). */
export const webhookPath = '/webhook/putEvents';

/** Member of a stored document that keeps the sealed token. Not a parameter: it is never echoed. */
export const webhookTokenMember = 'webhookToken';

/** What the token is sealed for. */
export const webhookPurpose = 'sae webhook';

/** 128 bits: the token is the only credential of a webhook. */
const tokenBytes = 16;

/** A token nobody has seen yet. */
export interface WebhookToken {
  /** For the document. */
  readonly sealed: string;
  /** For finding the template by a request's token. */
  readonly hash: string;
}

/** What a webhook adds to a revision; nothing when it has none. */
export interface WebhookPart {
  readonly document: Readonly<Record<string, string>>;
  readonly webhookTokenHash: string | null;
}

/**
 * Makes a token.
 * @param randomBytes cryptographically strong.
 * @param seal `DialectContext.seal`.
 */
export function newWebhookToken(
  randomBytes: (length: number) => Uint8Array,
  seal: (text: string, purpose: string) => string,
): WebhookToken {
  const token = Buffer.from(randomBytes(tokenBytes)).toString('hex');
  return { sealed: seal(token, webhookPurpose), hash: webhookTokenHash(token) };
}

/** SHA-256 in hex: what is stored and looked up, so that the store gives no token away. */
export function webhookTokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/**
 * The webhook of a revision: the stored token as long as the trigger stays http, so that URLs
 * handed out go on working; `fresh` when it becomes http; none for any other trigger (sae.md
 * §4.1). Pure.
 * @param stored the template before the change; null when it is created.
 */
export function webhookPart(
  stored: Pick<TemplateRevision, 'document' | 'webhookTokenHash'> | null,
  trigger: TriggerConfig | null,
  fresh: WebhookToken,
): WebhookPart {
  if (trigger?.kind !== 'http') return { document: {}, webhookTokenHash: null };
  const sealed = stored?.document[webhookTokenMember];
  const hash = stored?.webhookTokenHash ?? null;
  const kept = typeof sealed === 'string' && hash !== null;
  return {
    document: { [webhookTokenMember]: kept ? sealed : fresh.sealed },
    webhookTokenHash: kept ? hash : fresh.hash,
  };
}

/** The trigger in a stored document; null when it has none. */
export function storedTrigger(document: TemplateRevision['document']): TriggerConfig | null {
  const text = document['TriggerConfig'];
  return typeof text === 'string' && text !== '' ? parseTriggerConfig(text) : null;
}

/**
 * Addresses of a template's webhook, one for each scheme its trigger takes; none without one.
 * They hold the token: whoever reads them can start the template.
 * @param document the template's current one; a token in a run's snapshot may be void.
 * @throws Error when the token was sealed with another master key.
 */
export function webhookUrls(
  document: TemplateRevision['document'],
  settings: Pick<SaeSettings, 'webhookUrl' | 'webhookInnerUrl' | 'baseUrl'>,
  unseal: (sealed: string, purpose: string) => string,
): { readonly PublicWebHookUrls: readonly string[]; readonly VpcWebHookUrls: readonly string[] } {
  const sealed = document[webhookTokenMember];
  const trigger = typeof sealed === 'string' ? storedTrigger(document) : null;
  if (trigger?.kind !== 'http' || typeof sealed !== 'string') {
    return { PublicWebHookUrls: [], VpcWebHookUrls: [] };
  }
  const token = unseal(sealed, webhookPurpose);
  const outside = settings.webhookUrl ?? settings.baseUrl();
  const inside = settings.webhookInnerUrl ?? outside;
  const urls = (base: string): readonly string[] =>
    trigger.schemes
      .split('&')
      .map((scheme) => `${withScheme(base, scheme.toLowerCase())}${webhookPath}?token=${token}`);
  return { PublicWebHookUrls: urls(outside), VpcWebHookUrls: urls(inside) };
}

/**
 * One port speaks one scheme: under the other scheme the address is that scheme's usual port,
 * where the proxy that speaks TLS (or does not) is to be expected.
 */
function withScheme(base: string, scheme: string): string {
  const { protocol, host, hostname } = new URL(base);
  return protocol === `${scheme}:` ? `${scheme}://${host}` : `${scheme}://${hostname}`;
}
