import CircleCheck from 'lucide-react/icons/circle-check';
import PlugZap from 'lucide-react/icons/plug-zap';
import { useState } from 'react';
import type { LinkTestView } from '../../../../src/dialects/native/views/link.ts';
import { Button } from '../../design/button.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useLinkWords } from './words.ts';
import './link.css';

type Outcome =
  | { readonly kind: 'works'; readonly tookMs: number }
  | { readonly kind: 'fails'; readonly tookMs: number; readonly error: Error };

/** A button that tries a link, and what came of it: how long it took, or why it does not work. */
export function ConnectionTest({ act }: { readonly act: () => Promise<LinkTestView> }) {
  const words = useLinkWords();
  const format = useFormat();
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const run = async (): Promise<void> => {
    setBusy(true);
    setOutcome(null);
    const beganAtMs = performance.now();
    try {
      const { tookMs } = await act();
      setOutcome({ kind: 'works', tookMs });
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      setOutcome({ kind: 'fails', tookMs: performance.now() - beganAtMs, error });
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="link-test">
      <div className="link-test-line">
        <Button
          label={busy ? words.testing : words.test}
          icon={PlugZap}
          busy={busy}
          title={words.testHint}
          onClick={() => void run()}
        />
        <span aria-live="polite" className="link-test-outcome">
          {outcome?.kind === 'works' ? (
            <>
              <CircleCheck aria-hidden="true" />
              {words.works(format.duration(outcome.tookMs))}
            </>
          ) : null}
          {outcome?.kind === 'fails' ? words.failedAfter(format.duration(outcome.tookMs)) : null}
        </span>
      </div>
      {outcome?.kind === 'fails' ? <ProblemBox error={outcome.error} /> : null}
    </div>
  );
}
