import { Badge, type Tone } from '../../design/state-badge.tsx';
import { useDataJobsWords } from './words.ts';

const tones: Readonly<Record<string, Tone>> = {
  match: 'ok',
  'counts-only': 'ok',
  mismatch: 'bad',
  skipped: 'idle',
};

/** What the comparison of source and target found. */
export function ProofBadge({ outcome }: { readonly outcome: string }) {
  const words = useDataJobsWords();
  const text = words.proofs[outcome as keyof typeof words.proofs] ?? outcome;
  return <Badge tone={tones[outcome] ?? 'idle'}>{text}</Badge>;
}
