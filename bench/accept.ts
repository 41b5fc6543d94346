import type { BenchOptions } from './main.ts';
import { runLoad } from './support/load.ts';
import { measurement, median, type Measurement } from './support/measurement.ts';
import { benchFolder, helper, hostTemplate, startServer } from './support/server.ts';
import { signedGet } from './support/signed-requests.ts';

/** Each side is measured with all of these, and its best counts. */
const CONNECTIONS = [64, 256] as const;
const PATH = '/pop/v1/sam/job/execJob';

/**
 * `accept`: signed, durable ExecJob requests a second, against a bare Fastify route that answers
 * the same requests, each at the better of two numbers of connections. The runs are accepted for an hour ahead (`Time`), so that what is measured
 * is accepting, not running.
 */
export async function* accept(options: BenchOptions): AsyncIterable<Measurement> {
  const rounds = options.short ? 1 : 3;
  const perRound = options.short ? 20_000 : 60_000;
  const maxSeconds = options.short ? 3 : 6;
  const server = await startServer({
    dataDir: await benchFolder(),
    config: { LONGSHORE_LIMITS_UNFINISHED_RUNS: '1000000' },
  });
  const bare = await helper('bare-fastify.ts');
  const bareUrl = new URL((bare.line as { url: string }).url);
  try {
    const appId = await hostTemplate(server.sae, 'accept', ['true']);
    const time = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');
    const host = `${server.host}:${server.port}`;
    const sign = (count: number): Buffer[] =>
      Array.from({ length: count }, () =>
        signedGet(host, 'ExecJob', PATH, { AppId: appId, Time: time }, server.key),
      );
    const load = async (
      port: number,
      connections: number,
      requests: readonly Buffer[],
      cycle: boolean,
    ): Promise<number> => {
      const result = await runLoad({
        host: server.host,
        port,
        connections,
        requests,
        cycle,
        maxSeconds,
      });
      if (result.errors > 0)
        throw new Error(`${result.errors} of ${result.requests} requests were refused`);
      return result.requests / result.seconds;
    };
    const warm = sign(5_000);
    await load(server.port, CONNECTIONS[0], warm, false);
    await load(Number(bareUrl.port), CONNECTIONS[0], warm, false);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const accepted: number[] = [];
      const answered: number[] = [];
      for (const connections of CONNECTIONS) {
        const requests = sign(perRound);
        accepted.push(await load(server.port, connections, requests, false));
        answered.push(await load(Number(bareUrl.port), connections, requests, true));
        options.note(
          `accept: ${Math.round(accepted.at(-1) ?? 0)}/s, bare ${Math.round(answered.at(-1) ?? 0)}/s with ${connections} connections`,
        );
      }
      ours.push(Math.max(...accepted));
      theirs.push(Math.max(...answered));
    }
    yield measurement(
      'accept',
      'exec_per_s',
      median(ours),
      '1/s',
      'bare Fastify route',
      median(theirs),
    );
  } finally {
    bare.stop();
    await server.stop();
  }
}
