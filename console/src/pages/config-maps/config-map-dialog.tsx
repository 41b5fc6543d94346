import { useState } from 'react';
import type {
  ConfigMapInput,
  ConfigMapView,
  NewConfigMapInput,
} from '../../../../src/dialects/native/views/config-maps.ts';
import { api, path } from '../../api/client.ts';
import { useAction, useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog, Dialog, DialogFoot } from '../../design/dialog.tsx';
import { Field, Input } from '../../design/field.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { toast } from '../../design/toast.tsx';
import { useDesignWords } from '../../design/words.ts';
import { dataOf, keyFault, PairsEditor, pairsOf } from './pairs-editor.tsx';
import { submitted } from './submitted.ts';
import { UsedBy } from './used-by.tsx';
import { useConfigMapWords } from './words.ts';

const changes = ['/config-maps', '/namespaces'] as const;

/** Makes a config map in a namespace; '' = the default one. */
export function NewConfigMapDialog({
  namespace,
  onClose,
}: {
  readonly namespace: string;
  readonly onClose: () => void;
}) {
  const words = useConfigMapWords();
  const shared = useDesignWords();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [pairs, setPairs] = useState(pairsOf({ '': '' }));
  const create = useAction(
    () => {
      const input: NewConfigMapInput = {
        name,
        description,
        data: dataOf(pairs),
        ...(namespace === '' ? {} : { namespace }),
      };
      return api.post<ConfigMapView>('/config-maps', input);
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
        <Field label={words.description} optional>
          <Input value={description} onChange={setDescription} maxLength={1_024} />
        </Field>
        <PairsEditor pairs={pairs} onChange={setPairs} readOnly={false} />
        <ProblemBox error={create.error} />
        <DialogFoot>
          <Button label={shared.cancel} onClick={onClose} />
          <Button
            label={words.create}
            type="submit"
            kind="primary"
            busy={create.isPending}
            disabled={name === '' || keyFault(pairs) !== null}
          />
        </DialogFoot>
      </form>
    </Dialog>
  );
}

/** Shows a config map; it is changed and deleted here by who may. */
export function ConfigMapDialog({
  id,
  onClose,
}: {
  readonly id: number;
  readonly onClose: () => void;
}) {
  const words = useConfigMapWords();
  const { data, error } = useRead<ConfigMapView>(path`/config-maps/${id}`);
  if (data !== undefined) return <Editor key={data.updatedAtMs} found={data} onClose={onClose} />;
  return (
    <Dialog title={words.title} wide onClose={onClose}>
      {error === null ? <Skeleton rows={4} /> : <ProblemBox error={error} />}
    </Dialog>
  );
}

function Editor({
  found,
  onClose,
}: {
  readonly found: ConfigMapView;
  readonly onClose: () => void;
}) {
  const words = useConfigMapWords();
  const shared = useDesignWords();
  const { may } = useRights();
  const { id, name, usedBy } = found;
  const [description, setDescription] = useState(found.description);
  const [pairs, setPairs] = useState(() => pairsOf(found.data));
  const [isAsking, setAsking] = useState(false);
  const mayChange = may('UpdateConfigMap');
  const save = useAction(
    () => {
      const input: ConfigMapInput = { description, data: dataOf(pairs) };
      return api.put<ConfigMapView>(path`/config-maps/${id}`, input);
    },
    changes,
    () => {
      toast(words.saved(name));
      onClose();
    },
  );
  const remove = useAction(
    () => api.delete(path`/config-maps/${id}`),
    changes,
    () => toast(words.removed(name)),
  );
  return (
    <>
      <Dialog title={name} wide onClose={onClose}>
        <form className="form" onSubmit={(event) => submitted(event, save)}>
          <Field label={words.description} optional>
            <Input
              value={description}
              onChange={setDescription}
              readOnly={!mayChange}
              maxLength={1_024}
            />
          </Field>
          <PairsEditor pairs={pairs} onChange={setPairs} readOnly={!mayChange} />
          <p>
            {words.usedBy}: <UsedBy templates={usedBy} none={words.unused} />
          </p>
          <ProblemBox error={save.error} />
          <DialogFoot>
            {may('DeleteConfigMap') ? (
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
                disabled={keyFault(pairs) !== null}
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
