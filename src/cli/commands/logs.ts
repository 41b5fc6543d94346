import type { Command } from 'commander';
import type { InstanceView, RunView } from '../../dialects/native/views/run.ts';
import type { Client } from '../client.ts';
import { serverCommand } from '../command.ts';
import { CliError, exitCodes } from '../errors.ts';
import { print } from '../output.ts';

interface LogOptions {
  readonly follow?: boolean;
  readonly instance?: string;
  readonly stderr?: boolean;
  readonly stdout?: boolean;
}

type Stream = 'stdout' | 'stderr';

/** How often a followed run is asked for attempts that began meanwhile. */
const LOOK_FOR_ATTEMPTS_MS = 200;
const finalStates: readonly string[] = ['succeeded', 'failed', 'canceled'];

/** `longshore logs RUN`: output of all instances, each line with its instance. */
export function logsCommand(): Command {
  return serverCommand<[string], LogOptions>(
    'logs',
    'Print the output of a run.',
    async (client, options, runId) => {
      const only = options.instance === undefined ? null : Number(options.instance);
      if (only !== null && !Number.isInteger(only))
        throw new CliError(`--instance ${options.instance} is not an index`, '', exitCodes.usage);
      const both = options.stderr !== true && options.stdout !== true;
      const streams = (['stdout', 'stderr'] as const).filter(
        (name) => both || options[name] === true,
      );
      const printer = new Printer(options.json === true);
      const following = new Map<string, Promise<void>>();
      const begin = async (): Promise<boolean> => {
        const run = await client.call<RunView>('GET', `/runs/${encodeURIComponent(runId)}`);
        const { rows } = await client.call<{ rows: InstanceView[] }>(
          'GET',
          `/runs/${encodeURIComponent(runId)}/instances`,
        );
        for (const { index, attempts } of rows) {
          if (only !== null && index !== only) continue;
          for (const { id, number } of attempts) {
            if (following.has(id)) continue;
            const label = number === 1 ? `#${index}` : `#${index}.${number}`;
            following.set(
              id,
              Promise.all(
                streams.map((stream) =>
                  followOne(client, id, stream, label, printer, options.follow === true).catch(
                    sayNothingKept,
                  ),
                ),
              ).then(() => undefined),
            );
          }
        }
        return finalStates.includes(run.state);
      };
      let ended = await begin();
      while (options.follow === true && !ended) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_FOR_ATTEMPTS_MS));
        ended = await begin();
      }
      await Promise.all(following.values());
    },
  )
    .argument('<run>')
    .option('-f, --follow', 'go on until the run has ended')
    .option('--instance <index>', 'this instance only')
    .option('--stdout', 'standard output only')
    .option('--stderr', 'standard error only');
}

/** Output that is gone is no failure of the others: it is told beside them, and why. */
function sayNothingKept(error: unknown): void {
  if (!(error instanceof CliError) || error.status !== 404) throw error;
  process.stderr.write(`${error.message}\n`);
}

/** Streams one attempt's output; without `follow`, what there is now. Comes back after a lost line. */
async function followOne(
  client: Client,
  attemptId: string,
  stream: Stream,
  label: string,
  printer: Printer,
  follow: boolean,
): Promise<void> {
  const lines = printer.lines(attemptId, stream, label);
  const path = `/attempts/${encodeURIComponent(attemptId)}/logs/${stream}`;
  let offset = 0;
  if (!follow) {
    for (let more = true; more;) {
      const piece = await client.bytes(path, { offset, maxBytes: 1024 * 1024 });
      lines.feed(piece.bytes);
      more = piece.bytes.length > 0;
      offset = piece.nextOffset;
    }
    lines.end();
    return;
  }
  for (let ended = false; !ended;) {
    for await (const { event, data } of client.events(`${path}/follow`, { offset })) {
      if (event === 'chunk') {
        const chunk = data as { nextOffset: number; base64: string };
        offset = chunk.nextOffset;
        lines.feed(Buffer.from(chunk.base64, 'base64'));
      } else if (event === 'end') ended = true;
    }
    // The server drains or the line was cut: a moment later the stream goes on where it stood.
    if (!ended) await new Promise((resolve) => setTimeout(resolve, LOOK_FOR_ATTEMPTS_MS));
  }
  lines.end();
}

/** Writes whole lines, so that instances interleave by line. */
class Printer {
  readonly #json: boolean;

  constructor(json: boolean) {
    this.#json = json;
  }

  lines(
    attemptId: string,
    stream: Stream,
    label: string,
  ): { feed(bytes: Uint8Array): void; end(): void } {
    const decoder = new TextDecoder();
    let rest = '';
    const write = (line: string): void => {
      if (this.#json) print(JSON.stringify({ attempt: attemptId, stream, line }));
      else print(`${label} ${stream === 'stdout' ? '|' : '!'} ${line}`);
    };
    return {
      feed(bytes) {
        const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) write(line);
      },
      end() {
        if (rest !== '') write(rest);
        rest = '';
      },
    };
  }
}
