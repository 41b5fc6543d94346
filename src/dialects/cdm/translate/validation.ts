/** `validation-result`: what is wrong, beside the error code (cdm.md §3.3). */
import { WireError } from '../../huawei/errors.ts';

/** Codes that say something about the inputs. */
const aboutInputs: ReadonlySet<string> = new Set([
  'Cdm.0004',
  'Cdm.0010',
  'Cdm.0014',
  'Cdm.0024',
  'Cdm.0055',
  'Cdm.0061',
  'Cdm.0062',
  'Cdm.0064',
  'Cdm.0085',
  'Cdm.0089',
  'Cdm.0238',
  'Cdm.0317',
  'Cdm.0320',
  'Cdm.0913',
]);

interface Finding {
  readonly message: string;
  readonly status: 'ERROR' | 'WARNING';
}

/** Inputs that are kept without effect, as a reader of the answer is told. */
export function warnings(withoutEffect: readonly string[]): readonly Finding[] {
  return withoutEffect.map((name) => ({
    message: `[${name}] is kept and read back without effect.`,
    status: 'WARNING',
  }));
}

/** Findings as links show them. */
export function linkResult(findings: readonly Finding[]): readonly object[] {
  return [findings.length === 0 ? {} : { linkConfig: findings }];
}

/** Does the work; an error about inputs names them in `validation-result` too. */
export async function validated<T>(of: 'job' | 'link', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WireError) || !aboutInputs.has(error.code)) throw error;
    const findings: readonly Finding[] = [{ message: error.message, status: 'ERROR' }];
    throw new WireError(error.status, error.code, error.message, {
      ...error.extra,
      'validation-result': of === 'job' ? findings : linkResult(findings),
    });
  }
}
