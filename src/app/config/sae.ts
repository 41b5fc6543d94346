import { Type } from 'typebox';
import { defaultBackoff } from '../../domain/policies.ts';
import { closed } from './shapes.ts';

/** What an operator decides about the SAE surface (sae.md §7). */
export const sae = Type.Object(
  {
    suspendSemantics: Type.Enum(['field', 'manual'], {
      default: 'field',
      description:
        'What `Suspend=true` of SuspendJob means: `field` = suspended (what DescribeJob reads back), `manual` = started (what the manual prints).',
    }),
    namespaces: Type.Array(Type.String({ pattern: '^[a-z]{2,}(-[a-z0-9]+)+:[a-z0-9-]{1,20}$' }), {
      maxItems: 1000,
      default: [],
      description:
        'Namespaces that exist besides the default one, whose id is the region, as `<region>:<short id>`.',
    }),
    backoffMs: Type.Integer({
      minimum: 0,
      maximum: 3_600_000,
      default: defaultBackoff.backoffMs,
      description:
        'Milliseconds before the first retry of a failed attempt; doubled for each further one.',
    }),
    backoffMaxMs: Type.Integer({
      minimum: 0,
      maximum: 86_400_000,
      default: defaultBackoff.backoffMaxMs,
      description: 'Longest milliseconds between two attempts.',
    }),
    phpRuntime: Type.Union([Type.String({ minLength: 1 }), Type.Null()], {
      default: 'php',
      description:
        'Runtime of PhpZip templates that name none (see `packages.runtimes`); null = there is none.',
    }),
    webhookUrl: Type.Union([Type.String({ pattern: '^https?://[^/?#]+$' }), Type.Null()], {
      default: null,
      description:
        'Base address of webhooks as the outside sees it (`PublicWebHookUrls`). `null` = `publicUrl`, else the address the server listens on.',
    }),
    webhookInnerUrl: Type.Union([Type.String({ pattern: '^https?://[^/?#]+$' }), Type.Null()], {
      default: null,
      description:
        'Base address of webhooks as the inside sees it (`VpcWebHookUrls`). `null` = the same as outside.',
    }),
    webhookEventData: Type.Boolean({
      default: false,
      description:
        'Whether a job that a webhook started finds the request body in `SAE_EVENT_DATA` (at most 32 KiB).',
    }),
    trustForwardedHeaders: Type.Boolean({
      default: false,
      description:
        'Whether webhook rules believe `X-Forwarded-For` and `X-Forwarded-Proto`: only behind a proxy that sets them.',
    }),
    showOssSecret: Type.Boolean({
      default: false,
      description: 'Whether DescribeJob returns `OssAkSecret` in clear instead of `******`.',
    }),
    packageVersionOnce: Type.Boolean({
      default: false,
      description:
        'Whether UpdateJob refuses a new PackageUrl under the PackageVersion that is in use (`App.Package.Version.Exists`).',
    }),
    maintenance: Type.Boolean({
      default: false,
      description: 'Whether CreateJob and UpdateJob are refused with `System.Upgrading` for now.',
    }),
  },
  closed,
);
