import type { SaeCall } from '../../../examples/sae-client.ts';
import { createTemplate } from '../../support/sae.ts';
import { appendLine } from './ledger.ts';

/** Attempts that faults may cost a run before it counts as failed. */
const generousRetries = '60';
/** Failures that the doomed job is allowed. */
const doomedRetries = '1';

/** A kind of job and what must come of it. */
export interface JobKind {
  readonly name: string;
  /** What the shell does after its line in the ledger. */
  readonly script: string;
  readonly replicas: number;
  readonly retries: string;
  readonly end: 'succeeded' | 'failed';
}

export const jobKinds: readonly JobKind[] = [
  { name: 'quick', script: ':', replicas: 1, retries: generousRetries, end: 'succeeded' },
  { name: 'slow', script: 'sleep 0.8', replicas: 1, retries: generousRetries, end: 'succeeded' },
  { name: 'pair', script: 'sleep 0.2', replicas: 2, retries: generousRetries, end: 'succeeded' },
  {
    name: 'flaky',
    script: 'case $LONGSHORE_ATTEMPT_ID in *[13579]) exit 3;; esac',
    replicas: 1,
    retries: generousRetries,
    end: 'succeeded',
  },
  { name: 'doomed', script: 'exit 7', replicas: 1, retries: doomedRetries, end: 'failed' },
];

/** A kind with its template. */
export interface JobTemplate extends JobKind {
  readonly appId: string;
}

/** The whole program of a job: its line, one word to its log, its part, another word. */
export function program(
  kind: Pick<JobKind, 'script'>,
  ledger: string,
  runVariable: string,
): string {
  return [
    // Output that a full disk does not take is a failure, so that success means a whole log.
    'set -e',
    appendLine(ledger, runVariable),
    'echo "begin $LONGSHORE_ATTEMPT_ID"',
    kind.script,
    'echo "end $LONGSHORE_ATTEMPT_ID"',
  ].join('\n');
}

/** What an attempt that succeeded has written to its log. */
export function wholeLog(attemptId: string): string {
  return `begin ${attemptId}\nend ${attemptId}\n`;
}

/** Makes a template of each kind through SAE's client. */
export async function createJobTemplates(
  sae: SaeCall,
  ledger: string,
): Promise<readonly JobTemplate[]> {
  const templates: JobTemplate[] = [];
  for (const kind of jobKinds) {
    const appId = await createTemplate(sae, ['sh', '-c', program(kind, ledger, 'SAE_JOB_ID')], {
      AppName: kind.name,
      Replicas: String(kind.replicas),
      BackoffLimit: kind.retries,
    });
    templates.push({ ...kind, appId });
  }
  return templates;
}
