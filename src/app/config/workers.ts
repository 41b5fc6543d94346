import { Type } from 'typebox';
import { closed } from './shapes.ts';

/** Programs of others that register here and do the work. */
export const workers = Type.Object(
  {
    xxlJob: Type.Object(
      {
        enabled: Type.Boolean({
          default: true,
          description:
            'Whether XXL-JOB executors may register (`/api/…`, `/xxl-job-admin/api/…`). Their access token is the AppKey of their group.',
        }),
        prefix: Type.String({
          pattern: '^(/[A-Za-z0-9._-]+)*$',
          default: '',
          description: 'A further path before `/api` that executors call, e.g. `/jobs`.',
        }),
        allow: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
          maxItems: 1000,
          default: [],
          description:
            'Addresses that executors may name besides the one they call from: IP addresses, ranges (CIDR) or host names.',
        }),
        maxConcurrentAttempts: Type.Integer({
          minimum: 1,
          maximum: 100_000,
          default: 1_000,
          description: 'Most attempts that XXL-JOB executors have at the same time.',
        }),
      },
      closed,
    ),
    schedulerx: Type.Object(
      {
        enabled: Type.Boolean({
          default: false,
          description:
            'Whether SchedulerX workers may connect: opens a TCP port besides the one of the APIs.',
        }),
        host: Type.String({
          minLength: 1,
          default: '127.0.0.1',
          description: 'Address of that port.',
        }),
        port: Type.Integer({
          minimum: 0,
          maximum: 65_535,
          default: 52_014,
          description: 'The port; 0 = a free one.',
        }),
        advertise: Type.Union([Type.String({ pattern: '^[^:/]+:[0-9]{1,5}$' }), Type.Null()], {
          default: null,
          description:
            'Address that workers are told to connect to, as `host:port`. `null` = the host they asked, with the port.',
        }),
        maxConcurrentAttempts: Type.Integer({
          minimum: 1,
          maximum: 100_000,
          default: 1_000,
          description: 'Most attempts that SchedulerX workers have at the same time.',
        }),
      },
      closed,
    ),
    http: Type.Object(
      {
        allow: Type.Array(Type.String({ minLength: 1, maxLength: 255 }), {
          maxItems: 1000,
          default: [],
          description:
            'Private addresses that jobs of type http may call: IP addresses, ranges (CIDR) or host names. Public ones may always be called.',
        }),
        maxConcurrentAttempts: Type.Integer({
          minimum: 1,
          maximum: 10_000,
          default: 64,
          description: 'Most requests of jobs at the same time.',
        }),
      },
      closed,
    ),
  },
  closed,
);
