import type { LinkView } from '../../../../src/dialects/native/views/link.ts';
import type { DataJobDefinition } from '../../../../src/dialects/native/views/data-job.ts';
import type { Draft } from './draft.ts';

/** What every step of the wizard is given. */
export interface StepProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  /** Links of the job's namespace. */
  readonly links: readonly LinkView[];
}

/** Changes the definition of a draft. */
export function definer({ draft, change }: StepProps): (part: Partial<DataJobDefinition>) => void {
  return (part) => change({ definition: { ...draft.definition, ...part } });
}

/** A number of a form; null = the field is empty. */
export function numberOrNull(text: string): number | null {
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) ? null : value;
}
