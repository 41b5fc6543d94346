import { CliError } from './errors.ts';
import { progressBar } from './progress.ts';

type OnProgress = Parameters<ReturnType<typeof progressBar>['update']>[0];

/**
 * Runs a transfer beneath a progress bar.
 * @throws CliError in place of a refusal, which says by `fix` what to do.
 */
export async function withProgress<T>(
  transfer: (onProgress: (progress: OnProgress) => void) => Promise<T>,
): Promise<T> {
  const bar = progressBar();
  try {
    return await transfer((progress) => bar.update(progress));
  } catch (error) {
    if (error instanceof Error && 'fix' in error && typeof error.fix === 'string') {
      throw new CliError(error.message, error.fix);
    }
    throw error;
  } finally {
    bar.end();
  }
}

/** A size for people, e.g. `3.4 MiB`. */
export function size(bytes: number | null): string {
  if (bytes === null) return '';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(1)} ${units[power] ?? ''}`;
}
