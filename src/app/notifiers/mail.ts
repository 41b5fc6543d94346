import { DeliveryError } from '../../domain/alerts.ts';
import type { Notifier } from '../../ports/notifier.ts';

export interface MailOptions {
  /** `smtp://` or `smtps://`, with user and password when the server wants them. */
  readonly smtpUrl: string;
  /** Sender, e.g. `Longshore <longshore@example.com>`. */
  readonly from: string;
  /** Longest time until the server took a mail. */
  readonly timeoutMs: number;
}

/** Tells by mail. @throws Error when the address of the server cannot be read. */
export function createMailNotifier({ smtpUrl, from, timeoutMs }: MailOptions): Notifier {
  if (!URL.canParse(smtpUrl) || !/^smtps?:$/.test(new URL(smtpUrl).protocol)) {
    throw new Error('the SMTP server must be written like smtp://user:password@mail.example:587');
  }
  // Loaded with the first mail: most servers never send one, and it weighs 4 MB.
  const openTransport = async () =>
    (await import('nodemailer')).createTransport({
      url: smtpUrl,
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      dnsTimeout: timeoutMs,
      // A notice is text: nothing in it is fetched or read.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  let transport: ReturnType<typeof openTransport> | null = null;
  return {
    channel: 'mail',
    async send(address, { subject, text }, signal) {
      // One address, and none that a list or a header could hide in.
      if (!/^[^\s,;<>"]+@[^\s,;<>"]+$/.test(address)) {
        throw new DeliveryError(`${JSON.stringify(address)} is no mail address`, true);
      }
      // Each mail has a connection of its own, which its timeouts end; nobody waits longer for it.
      transport ??= openTransport();
      const sending = transport.then((opened) =>
        opened.sendMail({
          from,
          to: { name: '', address },
          subject,
          text,
          headers: { 'Auto-Submitted': 'auto-generated' },
        }),
      );
      sending.catch(() => {});
      try {
        await Promise.race([
          sending,
          ending(AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])),
        ]);
      } catch (error) {
        throw asDeliveryError(
          error,
          signal.aborted ? 'given up' : `not taken within ${timeoutMs} ms`,
        );
      }
    },
  };
}

function ending(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

function asDeliveryError(error: unknown, late: string): DeliveryError {
  const { name, message, responseCode } = error as Error & { readonly responseCode?: unknown };
  if (name === 'AbortError' || name === 'TimeoutError') {
    return new DeliveryError(`mail: ${late}`, false, { cause: error });
  }
  // What the server refuses with 5yz it will refuse again (RFC 5321 §4.2.1).
  const permanent = typeof responseCode === 'number' && responseCode >= 500;
  return new DeliveryError(`mail: ${message}`, permanent, { cause: error });
}
