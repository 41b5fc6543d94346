import { Type } from 'typebox';
import { closed } from './shapes.ts';

/** How people are told about jobs that ask for alerts. */
export const notifications = Type.Object(
  {
    mail: Type.Object(
      {
        smtpUrl: Type.Union([Type.String({ pattern: '^smtps?://' }), Type.Null()], {
          default: null,
          description:
            'Mail server, as `smtp://user:password@mail.example:587`; `smtps://` = encrypted from the start. `null` = no mails.',
        }),
        from: Type.String({
          minLength: 3,
          maxLength: 320,
          default: 'Longshore <longshore@localhost>',
          description: 'Sender of mails.',
        }),
        timeoutMs: Type.Integer({
          minimum: 100,
          maximum: 600_000,
          default: 30_000,
          description: 'Longest milliseconds until the mail server took a mail.',
        }),
      },
      closed,
    ),
    webhook: Type.Object(
      {
        allow: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
          maxItems: 1000,
          default: [],
          description:
            'Private addresses that webhooks may lead to: IP addresses, ranges (CIDR) or host names. Public ones always may.',
        }),
        timeoutMs: Type.Integer({
          minimum: 100,
          maximum: 600_000,
          default: 10_000,
          description: 'Longest milliseconds until a webhook answered.',
        }),
      },
      closed,
    ),
  },
  closed,
);
