import { spawnSync } from 'node:child_process';

/** A program that some tests need and that a machine may lack. */
export interface OptionalTool {
  readonly name: string;
  /** A call that exits 0 when the tool is usable. */
  readonly probe: readonly [string, ...string[]];
  /** What is not tested without it. */
  readonly neededFor: string;
}

/** Every program outside npm that tests use. */
export const optionalTools = [
  {
    name: 'bash',
    probe: ['bash', '-c', 'set -m'],
    neededFor: 'the process executor: its keepers are bash shells',
  },
  {
    name: 'setsid',
    probe: ['setsid', '--version'],
    neededFor: 'the process executor: groups of processes that outlive the server (util-linux)',
  },
] as const satisfies readonly OptionalTool[];

/** Name of an optional tool. */
export type ToolName = (typeof optionalTools)[number]['name'];

const PROBE_TIMEOUT_MS = 10_000;

/** Tools this machine lacks, with what goes untested. */
export function missingTools(): readonly OptionalTool[] {
  return optionalTools.filter(({ probe: [program, ...args] }) => {
    const result = spawnSync(program, args, { stdio: 'ignore', timeout: PROBE_TIMEOUT_MS });
    return result.status !== 0;
  });
}

/**
 * Test options that skip a test where a tool is missing: `test('…', needs('bash'), () => …)`.
 * With LONGSHORE_REQUIRE_ALL=1 (set in CI) nothing is skipped.
 * @throws Error naming the missing tool when skipping is not allowed.
 */
export function needs(...names: readonly ToolName[]): { readonly skip?: string } {
  const missing = missingTools().filter((tool) => (names as readonly string[]).includes(tool.name));
  const first = missing[0];
  if (first === undefined) return {};
  const text = `${first.name} is missing on this machine, needed for ${first.neededFor}`;
  if (process.env['LONGSHORE_REQUIRE_ALL'] === '1') {
    throw new Error(`${text}; LONGSHORE_REQUIRE_ALL=1 forbids skipping: install it`);
  }
  return { skip: text };
}
