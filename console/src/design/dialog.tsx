import X from 'lucide-react/icons/x';
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { Button } from './button.tsx';
import { Field, Input } from './field.tsx';
import { ProblemBox } from './problem-box.tsx';
import { useDesignWords } from './words.ts';
import './dialog.css';

/** A modal dialog, shown while it is rendered. Esc and its cross call `onClose`; focus goes back. */
export function Dialog({
  title,
  wide = false,
  onClose,
  children,
}: {
  readonly title: string;
  readonly wide?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const words = useDesignWords();
  const titleId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const element = dialog.current;
    if (element?.open === false) element.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={wide ? 'dialog dialog-wide' : 'dialog'}
      aria-labelledby={titleId}
      onCancel={(event) => {
        // React hands it up to the dialogs around: Esc closes the innermost alone.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        onClose();
      }}
    >
      <div className="dialog-head">
        <h2 id={titleId}>{title}</h2>
        <Button label={words.close} icon={X} iconOnly kind="ghost" onClick={onClose} />
      </div>
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}

/** The buttons at the end of a dialog. */
export function DialogFoot({ children }: { readonly children: ReactNode }) {
  return <div className="dialog-foot">{children}</div>;
}

/**
 * Asks before something is done. `act` rejects to say that it was not done: the error is shown and
 * the dialog stays. With `typed` that text must be typed first.
 */
export function ConfirmDialog({
  title,
  confirm,
  danger = false,
  typed,
  act,
  onClose,
  children,
}: {
  readonly title: string;
  /** Word on the button, e.g. "Delete". */
  readonly confirm: string;
  readonly danger?: boolean;
  readonly typed?: string;
  readonly act: () => Promise<unknown>;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}) {
  const words = useDesignWords();
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await act();
      onClose();
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error(String(cause)));
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form className="form" onSubmit={(event) => void submit(event)}>
        {children}
        {typed === undefined ? null : (
          <Field label={words.typeToConfirm(typed)}>
            <Input value={text} onChange={setText} autoComplete="off" />
          </Field>
        )}
        <ProblemBox error={error} />
        <DialogFoot>
          <Button label={words.cancel} onClick={onClose} />
          <Button
            label={confirm}
            type="submit"
            kind={danger ? 'danger' : 'primary'}
            busy={busy}
            disabled={typed !== undefined && text !== typed}
          />
        </DialogFoot>
      </form>
    </Dialog>
  );
}
