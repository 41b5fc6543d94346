import { type FormEvent, useRef, useState } from 'react';
import type { PolicyView } from '../../../../src/dialects/native/views/access.ts';
import { api, path } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog, Dialog, DialogFoot } from '../../design/dialog.tsx';
import { Field, Input, Textarea } from '../../design/field.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { toast } from '../../design/toast.tsx';
import { useDesignWords } from '../../design/words.ts';
import type { Place } from './locate.ts';
import { usePolicyCheck } from './use-policy-check.ts';
import { useAccessWords } from './words.ts';
import './access.css';

const template = {
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: ['longshore:Get*', 'longshore:List*'], Resource: '*' }],
};

/** Makes a policy, or shows and changes one; null = a new one. */
export function PolicyDialog({
  policy,
  onClose,
}: {
  readonly policy: PolicyView | null;
  readonly onClose: () => void;
}) {
  const words = useAccessWords();
  const shared = useDesignWords();
  const { may } = useRights();
  const frame = useRef<HTMLDivElement>(null);
  const [name, setName] = useState(policy?.name ?? '');
  const [text, setText] = useState(() => JSON.stringify(policy?.document ?? template, null, 2));
  const [isAsking, setAsking] = useState(false);
  const mayChange = may('PutPolicy') && policy?.builtIn !== true;
  const check = usePolicyCheck(text, mayChange);
  const save = useAction(
    () => api.put<PolicyView>(path`/policies/${name}`, { document: JSON.parse(text) as unknown }),
    ['/policies'],
    () => {
      toast(words.policy.saved(name));
      onClose();
    },
  );
  const remove = useAction(
    () => api.delete(path`/policies/${name}`),
    ['/policies'],
    () => toast(words.policy.removed(name)),
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    if (!save.isPending) save.mutate();
  };
  const show = ({ from, to }: Place): void => {
    const area = frame.current?.querySelector('textarea');
    if (area === null || area === undefined) return;
    area.focus();
    area.setSelectionRange(from, to);
  };
  return (
    <>
      <Dialog title={policy?.name ?? words.policy.create} wide onClose={onClose}>
        <form className="form" onSubmit={submit}>
          {policy === null ? (
            <Field label={words.policy.name} hint={words.policy.nameHint}>
              <Input
                value={name}
                onChange={setName}
                required
                maxLength={128}
                pattern="[A-Za-z0-9_\-]+"
                autoComplete="off"
              />
            </Field>
          ) : null}
          <div ref={frame}>
            <Field
              label={words.policy.document}
              hint={policy?.builtIn === true ? words.policy.readOnly : words.policy.documentHint}
            >
              <Textarea
                mono
                rows={Math.min(24, Math.max(10, text.split('\n').length + 1))}
                value={text}
                onChange={setText}
                readOnly={!mayChange}
                spellCheck={false}
              />
            </Field>
          </div>
          {mayChange ? <CheckLine check={check} onShow={show} /> : null}
          <ProblemBox error={save.error} />
          <DialogFoot>
            {policy !== null && !policy.builtIn && may('DeletePolicy') ? (
              <Button label={words.remove} kind="danger" onClick={() => setAsking(true)} />
            ) : null}
            <Button label={shared.close} onClick={onClose} />
            {mayChange ? (
              <Button
                label={words.save}
                type="submit"
                kind="primary"
                busy={save.isPending}
                disabled={name === '' || check.state === 'wrong'}
              />
            ) : null}
          </DialogFoot>
        </form>
      </Dialog>
      {isAsking ? (
        <ConfirmDialog
          title={words.policy.removeTitle(name)}
          confirm={words.remove}
          danger
          act={async () => {
            await remove.mutateAsync();
            onClose();
          }}
          onClose={() => setAsking(false)}
        >
          <p>{words.policy.removeHint}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}

function CheckLine({
  check,
  onShow,
}: {
  readonly check: ReturnType<typeof usePolicyCheck>;
  readonly onShow: (place: Place) => void;
}) {
  const words = useAccessWords();
  const { place } = check;
  const look = { right: 'none', wrong: 'here', waits: 'waits' }[check.state];
  return (
    <div className={`access-fault access-fault-${look}`} role="status">
      <span className="breaks">{check.message}</span>
      {check.state === 'wrong' && place !== null ? (
        <Button label={words.policy.showPlace} onClick={() => onShow(place)} />
      ) : null}
    </div>
  );
}
