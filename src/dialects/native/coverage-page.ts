import { nativePrefix } from './index.ts';
import { nativeOperations } from './operations/index.ts';

/** The text of `docs/dialects/native.md`, made from the table of operations. */
export function nativePage(): string {
  const groups = [...new Set(nativeOperations.map(({ group }) => group))];
  const tables = groups.flatMap((group) => [
    `## ${group}`,
    '',
    '| operation | request | what it does |',
    '|---|---|---|',
    ...nativeOperations
      .filter((operation) => operation.group === group)
      .map(
        ({ name, method, path, summary }) =>
          `| ${name} | \`${method} ${nativePrefix}${path}\` | ${summary.replaceAll('|', '\\|')} |`,
      ),
    '',
  ]);
  return `${[
    '# The native API',
    '',
    '<!-- Made from src/dialects/native/operations; a test compares it. Do not edit. -->',
    '',
    'What the console and the CLI use, and nothing else: JSON over HTTP, times in milliseconds since',
    `the epoch. The full shapes are at \`${nativePrefix}/openapi.json\` (OpenAPI 3.1, no credential needed).`,
    '',
    '**Who asks.** HTTP Basic with AccessKeyId and secret (temporary keys also send their token as',
    '`Longshore-Security-Token`), or `Bearer` with the content of `operator.token` in the data folder,',
    'which is root. Basic sends the secret itself: use TLS in front of a server that listens on a network.',
    'Or the console’s session, a cookie: `POST /api/v1/session` with `user` and `password`, or `accessKeyId`,',
    '`accessKeySecret` and `securityToken`, begins one; GET tells who is signed in and what the policies could',
    'allow; DELETE ends it. With the cookie, everything but GET needs the header `x-longshore-console: 1`.',
    '',
    '**What is allowed.** Every operation asks the policies for `longshore:<operation>` on',
    '`acs:longshore:<region>:<account>:<group>/<name>`; templates are named by id. Nothing is allowed by',
    'default. Only a root manages root users and their keys, whatever policies say. Links are named',
    '`links/<namespace>/<name>`; who makes, changes or plans a data job also needs `longshore:UseLink` on',
    'each link that it names.',
    '',
    '**Refusals** are `application/problem+json` (RFC 9457) with a stable `code`, the `detail` and the `fix`.',
    '',
    '**Following output.** `FollowLog` sends events `chunk` with the next byte offset as id, then `end`.',
    'A client that lost the line sends the last id as `Last-Event-ID` and misses nothing.',
    '',
    ...tables,
  ]
    .join('\n')
    .trimEnd()}\n`;
}
