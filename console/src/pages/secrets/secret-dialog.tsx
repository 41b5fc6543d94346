import { useState } from 'react';
import type {
  NewSecretInput,
  SecretInput,
  SecretView,
} from '../../../../src/dialects/native/views/secrets.ts';
import { api, path } from '../../api/client.ts';
import { useAction, useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog, Dialog, DialogFoot } from '../../design/dialog.tsx';
import { Field, Input, Select } from '../../design/field.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { toast } from '../../design/toast.tsx';
import { useDesignWords } from '../../design/words.ts';
import { submitted } from '../config-maps/submitted.ts';
import { UsedBy } from '../config-maps/used-by.tsx';
import { changeOf, newValues, storedValues, ValuesEditor, wrongKey } from './values-editor.tsx';
import { useSecretWords } from './words.ts';

const changes = ['/secrets', '/namespaces'] as const;

/** Keys that a type begins with. */
const keysOfType: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};

/** Makes a secret in a namespace; '' = the default one. */
export function NewSecretDialog({
  namespace,
  types,
  onClose,
}: {
  readonly namespace: string;
  readonly types: readonly string[];
  readonly onClose: () => void;
}) {
  const words = useSecretWords();
  const shared = useDesignWords();
  const [name, setName] = useState('');
  const [type, setType] = useState(types[0] ?? 'Opaque');
  const [values, setValues] = useState(() => newValues(['']));
  const create = useAction(
    () => {
      const input: NewSecretInput = {
        name,
        type,
        data: { ...changeOf(values).set },
        ...(namespace === '' ? {} : { namespace }),
      };
      return api.post<SecretView>('/secrets', input);
    },
    changes,
    (made) => {
      toast(words.created(made.name));
      onClose();
    },
  );
  return (
    <Dialog title={words.create} wide onClose={onClose}>
      <form className="form" onSubmit={(event) => submitted(event, create)}>
        <Field label={words.name} hint={words.nameHint}>
          <Input value={name} onChange={setName} required maxLength={63} autoComplete="off" />
        </Field>
        <Field label={words.type}>
          <Select
            value={type}
            onChange={(next) => {
              setType(next);
              setValues(newValues(keysOfType[next] ?? ['']));
            }}
            options={types.map((each) => [each, each])}
          />
        </Field>
        <p className="muted">{words.valuesHint}</p>
        <ValuesEditor values={values} onChange={setValues} readOnly={false} />
        <ProblemBox error={create.error} />
        <DialogFoot>
          <Button label={shared.cancel} onClick={onClose} />
          <Button
            label={words.create}
            type="submit"
            kind="primary"
            busy={create.isPending}
            disabled={name === '' || wrongKey(values) !== null}
          />
        </DialogFoot>
      </form>
    </Dialog>
  );
}

/** Shows a secret; its values are set anew here by who may. */
export function SecretDialog({
  id,
  onClose,
}: {
  readonly id: number;
  readonly onClose: () => void;
}) {
  const words = useSecretWords();
  const { data, error } = useRead<SecretView>(path`/secrets/${id}`);
  if (data !== undefined) return <Editor key={data.updatedAtMs} found={data} onClose={onClose} />;
  return (
    <Dialog title={words.title} wide onClose={onClose}>
      {error === null ? <Skeleton rows={4} /> : <ProblemBox error={error} />}
    </Dialog>
  );
}

function Editor({ found, onClose }: { readonly found: SecretView; readonly onClose: () => void }) {
  const words = useSecretWords();
  const shared = useDesignWords();
  const { may } = useRights();
  const { id, name, type, usedBy, keys } = found;
  const [values, setValues] = useState(() => storedValues(keys ?? []));
  const [isAsking, setAsking] = useState(false);
  const mayChange = may('UpdateSecret') && keys !== null;
  const save = useAction(
    () => {
      const input: SecretInput = changeOf(values);
      return api.put<SecretView>(path`/secrets/${id}`, input);
    },
    changes,
    () => {
      toast(words.saved(name));
      onClose();
    },
  );
  const remove = useAction(
    () => api.delete(path`/secrets/${id}`),
    changes,
    () => toast(words.removed(name)),
  );
  return (
    <>
      <Dialog title={name} wide onClose={onClose}>
        <form className="form" onSubmit={(event) => submitted(event, save)}>
          <p>
            {words.type}: <code>{type}</code>
          </p>
          {keys === null ? (
            <p>{words.sealed}</p>
          ) : (
            <ValuesEditor values={values} onChange={setValues} readOnly={!mayChange} />
          )}
          <p>
            {words.usedBy}: <UsedBy templates={usedBy} none={words.unused} />
          </p>
          <ProblemBox error={save.error} />
          <DialogFoot>
            {may('DeleteSecret') ? (
              <Button
                label={words.remove}
                kind="danger"
                disabled={usedBy.length > 0}
                {...(usedBy.length > 0 ? { title: words.inUse } : {})}
                onClick={() => setAsking(true)}
              />
            ) : null}
            <Button label={shared.close} onClick={onClose} />
            {mayChange ? (
              <Button
                label={words.save}
                type="submit"
                kind="primary"
                busy={save.isPending}
                disabled={wrongKey(values) !== null || values.every(({ fate }) => fate === 'kept')}
              />
            ) : null}
          </DialogFoot>
        </form>
      </Dialog>
      {isAsking ? (
        <ConfirmDialog
          title={words.removeTitle(name)}
          confirm={words.remove}
          danger
          typed={name}
          act={async () => {
            await remove.mutateAsync();
            onClose();
          }}
          onClose={() => setAsking(false)}
        >
          <p>{words.removeHint}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
