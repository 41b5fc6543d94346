import { type FormEvent, useState } from 'react';
import type { UserView } from '../../../../src/dialects/native/views/access.ts';
import { api, path } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { Button } from '../../design/button.tsx';
import { Dialog, DialogFoot } from '../../design/dialog.tsx';
import { Field, Input } from '../../design/field.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { toast } from '../../design/toast.tsx';
import { useDesignWords } from '../../design/words.ts';
import { PolicyChoice } from './policy-choice.tsx';
import { useAccessWords } from './words.ts';

/** Makes a user, or changes the policies of one; null = a new one. */
export function UserDialog({
  user,
  onClose,
}: {
  readonly user: UserView | null;
  readonly onClose: () => void;
}) {
  const words = useAccessWords();
  const shared = useDesignWords();
  const [name, setName] = useState(user?.name ?? '');
  const [policies, setPolicies] = useState<readonly string[]>(user?.policies ?? []);
  const save = useAction(
    () => api.put<UserView>(path`/users/${name}`, { policies }),
    ['/users', '/policies'],
    () => {
      toast(words.users.saved(name));
      onClose();
    },
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!save.isPending) save.mutate();
  };
  return (
    <Dialog
      title={user === null ? words.users.create : words.users.rightsOf(user.name)}
      onClose={onClose}
    >
      <form className="form" onSubmit={submit}>
        {user === null ? (
          <Field label={words.users.name} hint={words.users.nameHint}>
            <Input
              value={name}
              onChange={setName}
              required
              maxLength={64}
              pattern="[A-Za-z0-9_.@\-]+"
              autoComplete="off"
            />
          </Field>
        ) : null}
        <PolicyChoice chosen={policies} onChange={setPolicies} />
        <ProblemBox error={save.error} />
        <DialogFoot>
          <Button label={shared.cancel} onClick={onClose} />
          <Button
            label={words.save}
            type="submit"
            kind="primary"
            busy={save.isPending}
            disabled={name === ''}
          />
        </DialogFoot>
      </form>
    </Dialog>
  );
}

/** Sets a user's password. */
export function PasswordDialog({
  user,
  onClose,
}: {
  readonly user: string;
  readonly onClose: () => void;
}) {
  const words = useAccessWords();
  const shared = useDesignWords();
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const save = useAction(
    () => api.put(path`/users/${user}/password`, { password }),
    ['/users'],
    () => {
      toast(words.users.passwordSet(user));
      onClose();
    },
  );
  const isDifferent = again !== '' && again !== password;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!save.isPending) save.mutate();
  };
  return (
    <Dialog title={words.users.passwordOf(user)} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <Field label={words.users.passwordLabel} hint={words.users.passwordHint}>
          <Input
            type="password"
            value={password}
            onChange={setPassword}
            required
            minLength={8}
            maxLength={128}
            autoComplete="new-password"
          />
        </Field>
        <Field label={words.users.passwordAgain} error={isDifferent ? words.users.different : null}>
          <Input
            type="password"
            value={again}
            onChange={setAgain}
            required
            maxLength={128}
            autoComplete="new-password"
          />
        </Field>
        <ProblemBox error={save.error} />
        <DialogFoot>
          <Button label={shared.cancel} onClick={onClose} />
          <Button
            label={words.save}
            type="submit"
            kind="primary"
            busy={save.isPending}
            disabled={password.length < 8 || again !== password}
          />
        </DialogFoot>
      </form>
    </Dialog>
  );
}
