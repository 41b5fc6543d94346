import Check from 'lucide-react/icons/check';
import Copy from 'lucide-react/icons/copy';
import { useState } from 'react';
import { Button } from './button.tsx';
import { useDesignWords } from './words.ts';
import './code-block.css';

const copiedForMs = 1_500;

/** A button that copies a text. */
export function CopyButton({ text, label }: { readonly text: string; readonly label?: string }) {
  const words = useDesignWords();
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    await copyText(text);
    setCopied(true);
    window.setTimeout(() => setCopied(false), copiedForMs);
  };
  return (
    <Button
      label={copied ? words.copied : (label ?? words.copy)}
      icon={copied ? Check : Copy}
      iconOnly
      kind="ghost"
      onClick={() => void copy()}
    />
  );
}

/** Without TLS, and not on loopback, browsers have no clipboard; the old way works there. */
async function copyText(text: string): Promise<void> {
  if (window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}

/** Code or output that is short enough to be shown whole, with a button that copies it. */
export function CodeBlock({
  text,
  label,
  wrap = false,
}: {
  readonly text: string;
  /** What it is, for screen readers. */
  readonly label: string;
  readonly wrap?: boolean;
}) {
  return (
    <div className={wrap ? 'code code-wrap' : 'code'}>
      <pre tabIndex={0} role="region" aria-label={label}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} />
    </div>
  );
}
