import { type FormEvent, useId, useState } from 'react';
import type { KeyInput, NewKeyView } from '../../../../src/dialects/native/views/access.ts';
import { api } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { CopyButton } from '../../design/code-block.tsx';
import { Dialog, DialogFoot } from '../../design/dialog.tsx';
import { Checkbox, Field, Input, Select } from '../../design/field.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { useDesignWords } from '../../design/words.ts';
import { useUsers } from './lists.ts';
import { PolicyChoice } from './policy-choice.tsx';
import { useAccessWords } from './words.ts';

/** Makes a key for a user that exists, or for a new one with its rights. */
export function NewKeyDialog({
  onMade,
  onClose,
}: {
  readonly onMade: (made: NewKeyView) => void;
  readonly onClose: () => void;
}) {
  const words = useAccessWords();
  const shared = useDesignWords();
  const { session } = useSession();
  const users = useUsers();
  const names = useId();
  const [user, setUser] = useState('');
  const [root, setRoot] = useState(false);
  const [policies, setPolicies] = useState<readonly string[]>([]);
  const [life, setLife] = useState('');
  const exists = users.some(({ name }) => name === user);
  const create = useAction(
    () => {
      const input: KeyInput = {
        user,
        ...(exists ? {} : { root, policies: [...policies] }),
        ...(life === '' ? {} : { ttlMs: Number(life) }),
      };
      return api.post<NewKeyView>('/keys', input);
    },
    ['/keys', '/users'],
    onMade,
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!create.isPending) create.mutate();
  };
  return (
    <Dialog title={words.keys.create} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <Field label={words.user} hint={exists ? words.keys.existing : words.keys.userHint}>
          <Input
            value={user}
            onChange={setUser}
            required
            maxLength={64}
            pattern="[A-Za-z0-9_.@\-]+"
            autoComplete="off"
            list={names}
          />
        </Field>
        <datalist id={names}>
          {users.map(({ name }) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        {exists ? null : (
          <>
            {session?.root === true ? (
              <Checkbox checked={root} onChange={setRoot} label={words.keys.isRoot} />
            ) : null}
            <PolicyChoice chosen={policies} onChange={setPolicies} disabled={root} />
          </>
        )}
        <Field label={words.keys.life}>
          <Select value={life} onChange={setLife} options={Object.entries(words.keys.lives)} />
        </Field>
        <ProblemBox error={create.error} />
        <DialogFoot>
          <Button label={shared.cancel} onClick={onClose} />
          <Button
            label={words.keys.create}
            type="submit"
            kind="primary"
            busy={create.isPending}
            disabled={user === ''}
          />
        </DialogFoot>
      </form>
    </Dialog>
  );
}

/** A new key: the only moment its secret is shown. It is kept nowhere in the browser. */
export function MadeKeyDialog({
  made: { key, secret, securityToken },
  onClose,
}: {
  readonly made: NewKeyView;
  readonly onClose: () => void;
}) {
  const words = useAccessWords();
  return (
    <Dialog title={words.keys.madeTitle} onClose={onClose}>
      <p>{words.keys.onlyNow}</p>
      <div className="access-secret">
        <span>{words.keys.id}</span>
        <code>{key.id}</code>
        <CopyButton text={key.id} label={words.keys.copyId} />
        <span>{words.keys.secret}</span>
        <code data-secret="">{secret}</code>
        <CopyButton text={secret} label={words.keys.copySecret} />
        {securityToken === null ? null : (
          <>
            <span>{words.keys.token}</span>
            <code>{securityToken}</code>
            <CopyButton text={securityToken} label={words.keys.copyToken} />
          </>
        )}
      </div>
      <DialogFoot>
        <Button label={words.keys.seen} kind="primary" onClick={onClose} />
      </DialogFoot>
    </Dialog>
  );
}
