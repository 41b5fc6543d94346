/** A filled form as requests to the native API. */
import type { SameRequest, ServerAddress } from '../kit/operations.ts';
import { literal, pythonLiteral, shellCommand, shellWord } from '../kit/same-request.ts';

/** One request as it goes over the wire. */
interface ShownRequest {
  readonly method: string;
  /** Below `/api/v1`. */
  readonly target: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** Id or name of the template; empty for a new one. */
  readonly template: string;
}

/** By `fetch`, Python's own library, the program, and curl: access keys need no signature here. */
export function nativeRequests(
  operation: string,
  request: ShownRequest,
  { url }: ServerAddress,
): readonly SameRequest[] {
  const { method, target, body } = request;
  const address = `${url}/api/v1${target}`;
  const commandLine = programCall(operation, request);
  return [
    {
      kind: 'typescript',
      title: 'fetch',
      text: [
        'const { LONGSHORE_ACCESS_KEY_ID: id, LONGSHORE_ACCESS_KEY_SECRET: secret } = process.env;',
        `const reply = await fetch(${literal(address)}, {`,
        `  method: ${literal(method)},`,
        '  headers: {',
        "    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,",
        "    'content-type': 'application/json',",
        '  },',
        `  body: JSON.stringify(${literal(body, '  ')}),`,
        '});',
        'console.log(await reply.json());',
      ].join('\n'),
    },
    {
      kind: 'python',
      title: 'urllib',
      text: [
        'import base64, json, os, urllib.request',
        '',
        "key = f\"{os.environ['LONGSHORE_ACCESS_KEY_ID']}:{os.environ['LONGSHORE_ACCESS_KEY_SECRET']}\"",
        'request = urllib.request.Request(',
        `    ${pythonLiteral(address)},`,
        `    method=${pythonLiteral(method)},`,
        `    data=json.dumps(${pythonLiteral(body, '    ')}).encode(),`,
        '    headers={',
        '        "authorization": "Basic " + base64.b64encode(key.encode()).decode(),',
        '        "content-type": "application/json",',
        '    },',
        ')',
        'print(json.load(urllib.request.urlopen(request)))',
      ].join('\n'),
    },
    ...(commandLine === null
      ? []
      : [{ kind: 'longshore' as const, title: 'longshore', text: commandLine }]),
    {
      kind: 'curl',
      title: 'curl',
      text: shellCommand(
        [
          'curl',
          '-u "$LONGSHORE_ACCESS_KEY_ID:$LONGSHORE_ACCESS_KEY_SECRET"',
          "-H 'content-type: application/json'",
        ],
        [`-X ${method}`, `--data ${shellWord(JSON.stringify(body))}`, shellWord(address)],
      ),
    },
  ];
}

/** Null for what the program has no flags for. */
function programCall(operation: string, { body, template }: ShownRequest): string | null {
  if (operation === 'SubmitRun') return runCall(body, template);
  const isNew = operation === 'CreateTemplate';
  const { name, command, schedule, collect, namespace, ...rest } = body;
  if (collect !== undefined || (isNew && namespace !== undefined)) return null;
  const flags = flagsOf(rest);
  if (flags === null || !Array.isArray(command)) return null;
  if (typeof schedule === 'string' && schedule !== '') flags.push(`--cron ${shellWord(schedule)}`);
  if (typeof schedule === 'object' && schedule !== null) {
    flags.push(`--schedule ${shellWord(JSON.stringify(schedule))}`);
  }
  const words = command.map((word: unknown) => shellWord(String(word)));
  const verb = isNew ? 'create' : 'update';
  const subject = isNew ? String(name ?? '') : template;
  return shellCommand(
    ['longshore', 'templates', verb, shellWord(subject)],
    [...flags, `-- ${words.join(' ')}`],
  );
}

function runCall(body: ShownRequest['body'], template: string): string | null {
  const { idempotencyKey, ...others } = body;
  if (Object.keys(others).length > 0) return null;
  const key =
    idempotencyKey === undefined ? [] : ['--idempotency-key', shellWord(String(idempotencyKey))];
  return ['longshore', 'run', shellWord(template), ...key].join(' ');
}

/** Null when a value has no flag. */
function flagsOf(fields: Readonly<Record<string, unknown>>): string[] | null {
  const flags: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    if (name === 'env' && typeof value === 'object') {
      for (const [key, text] of Object.entries(value)) {
        flags.push(`--env ${shellWord(`${key}=${String(text)}`)}`);
      }
    } else if (name === 'timeoutMs' && Number(value) % 1_000 === 0) {
      flags.push(`--timeout ${String(Number(value) / 1_000)}`);
    } else if (['replicas', 'retries', 'concurrency', 'timezone'].includes(name)) {
      flags.push(`--${name} ${shellWord(String(value))}`);
    } else if (name !== 'graceMs' || value !== 30_000) return null;
  }
  return flags;
}
