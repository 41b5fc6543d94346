import { BlockList, isIP, isIPv4 } from 'node:net';
import { WireError } from '../../aliyun/errors.ts';
import type { TriggerConfig } from '../values/trigger-config.ts';

/** A trigger that webhooks fire. */
export type HttpTrigger = Extract<TriggerConfig, { readonly kind: 'http' }>;

/** What the rules look at. */
export interface WebhookRequest {
  readonly method: string;
  /** Whether the caller's connection is TLS. */
  readonly secure: boolean;
  /** The caller's address; empty when it cannot be told. */
  readonly sourceIp: string;
  /** The Referer header. */
  readonly referer: string | undefined;
}

/**
 * Why a trigger does not take a request; null when it does (sae.md §4.3.8). An empty list of
 * addresses or domains takes nobody.
 */
export function webhookRefusal(trigger: HttpTrigger, request: WebhookRequest): WireError | null {
  if (!trigger.schemes.split('&').includes(request.secure ? 'HTTPS' : 'HTTP')) {
    return new WireError(
      403,
      'Webhook.SchemeNotAllowed',
      `This webhook takes ${trigger.schemes.replace('&', ' and ')} requests only.`,
    );
  }
  if (!trigger.methods.includes(request.method)) {
    return new WireError(
      405,
      'Webhook.MethodNotAllowed',
      `This webhook takes ${trigger.methods.join(', ')} requests only.`,
      { AllowedMethods: trigger.methods },
    );
  }
  if (trigger.security === 'ip' && !isListedAddress(trigger.ips, request.sourceIp)) {
    return new WireError(
      403,
      'Webhook.IpNotAllowed',
      `The address ${request.sourceIp || '(unknown)'} is not on the list of this webhook.`,
    );
  }
  if (trigger.security === 'referer' && !isListedReferer(trigger.referers, request.referer)) {
    return new WireError(
      403,
      'Webhook.RefererNotAllowed',
      'The Referer is not on the list of this webhook.',
    );
  }
  return null;
}

/** Whether an address is one of these addresses or CIDR ranges. IPv4 inside IPv6 counts as IPv4. */
export function isListedAddress(entries: readonly string[], address: string): boolean {
  const plain = plainAddress(address);
  if (isIP(plain) === 0) return false;
  const family = isIPv4(plain) ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  for (const entry of entries) {
    const [text = '', prefix] = entry.split('/');
    const range = plainAddress(text);
    // The families stay apart, or ::/0 would take every IPv4 address too.
    if (isIP(range) === 0 || isIPv4(range) !== (family === 'ipv4')) continue;
    if (prefix === undefined) {
      list.addAddress(range, family);
      continue;
    }
    const bits = Number(prefix) - (range === text ? 0 : mappedBits);
    if (bits >= 0) list.addSubnet(range, bits, family);
  }
  return list.check(plain, family);
}

/** Length of the prefix by which IPv6 addresses hold IPv4 ones. */
const mappedBits = 96;
const mappedPrefix = '::ffff:';

function plainAddress(text: string): string {
  const address = text.toLowerCase();
  const mapped = address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : '';
  return isIPv4(mapped) ? mapped : text;
}

/** Whether the Referer's host is one of these domains or below one. */
export function isListedReferer(domains: readonly string[], referer: string | undefined): boolean {
  if (referer === undefined || !URL.canParse(referer)) return false;
  const { protocol, hostname } = new URL(referer);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  const host = domainName(hostname);
  return domains.some((entry) => {
    const domain = domainName(entry.startsWith('*.') ? entry.slice(2) : entry);
    return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
  });
}

function domainName(text: string): string {
  const lower = text.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}
