import type { EngineApi } from './api.ts';

/**
 * Runs a hook inside the container with the job's environment and working directory.
 * @returns why it failed, with its last words; '' when it succeeded. Never throws.
 */
export async function runHook(
  api: EngineApi,
  container: string,
  name: 'PostStart' | 'PreStop',
  argv: readonly string[],
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string> {
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  try {
    const { exitCode, words } = await api.exec(
      container,
      argv,
      AbortSignal.any([timeout, limits.signal]),
    );
    if (exitCode === 0) return '';
    return `${name} hook failed: exit ${exitCode}${words === '' ? '' : `: ${words}`}`;
  } catch (error) {
    if (timeout.aborted) return `${name} hook took longer than ${limits.timeoutMs} ms`;
    return `${name} hook could not be run: ${(error as Error).message}`;
  }
}
