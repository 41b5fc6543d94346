import Ban from 'lucide-react/icons/ban';
import Check from 'lucide-react/icons/check';
import { type FormEvent, useId, useState } from 'react';
import type { AccessCheckView } from '../../../../src/dialects/native/views/access.ts';
import { api } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { Field, Input } from '../../design/field.tsx';
import { Section } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Badge } from '../../design/state-badge.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useUsers } from './lists.ts';
import { useAccessWords } from './words.ts';
import './access.css';

/** Actions of other APIs that one asks about often; any other can be typed. */
const commonActions = [
  'sae:CreateJob',
  'sae:ExecJob',
  'sae:DeleteJob',
  'schedulerx:ExecuteJob',
  'schedulerx:CreateJob',
  'cdm:job:create',
  'cdm:job:start',
];

/** Asks the policies whether a user may do something. */
export function CheckTab({ onPolicy }: { readonly onPolicy: (policy: string) => void }) {
  const words = useAccessWords();
  const { session } = useSession();
  const users = useUsers();
  const userNames = useId();
  const actionNames = useId();
  const [user, setUser] = useState('');
  const [action, setAction] = useState('');
  const [resource, setResource] = useState('*');
  const [sourceIp, setSourceIp] = useState('');
  const ask = useAction(
    () =>
      api.get<AccessCheckView>('/access/check', { query: { user, action, resource, sourceIp } }),
    [],
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!ask.isPending) ask.mutate();
  };
  const ownActions = Object.keys(session?.rights ?? {}).map((name) => `longshore:${name}`);
  return (
    <Section title={words.tab.check} aside={<span className="muted">{words.check.intro}</span>}>
      <div className="access-check">
        <form className="form" onSubmit={submit}>
          <Field label={words.user}>
            <Input
              value={user}
              onChange={setUser}
              required
              maxLength={64}
              autoComplete="off"
              list={userNames}
            />
          </Field>
          <Field label={words.check.action} hint={words.check.actionHint}>
            <Input
              value={action}
              onChange={setAction}
              required
              maxLength={200}
              mono
              autoComplete="off"
              list={actionNames}
            />
          </Field>
          <Field label={words.check.resource} hint={words.check.resourceHint}>
            <Input value={resource} onChange={setResource} mono maxLength={1_024} />
          </Field>
          <Field label={words.check.sourceIp} hint={words.check.sourceIpHint} optional>
            <Input value={sourceIp} onChange={setSourceIp} mono maxLength={45} />
          </Field>
          <datalist id={userNames}>
            {users.map(({ name }) => (
              <option key={name} value={name} />
            ))}
          </datalist>
          <datalist id={actionNames}>
            {[...commonActions, ...ownActions].map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
          <div>
            <Button label={words.check.ask} type="submit" kind="primary" busy={ask.isPending} />
          </div>
        </form>
        <div className="access-verdict" aria-live="polite">
          <ProblemBox error={ask.error} />
          {ask.data === undefined || ask.error !== null ? null : (
            <Verdict answer={ask.data} onPolicy={onPolicy} />
          )}
        </div>
      </div>
    </Section>
  );
}

function Verdict({
  answer,
  onPolicy,
}: {
  readonly answer: AccessCheckView;
  readonly onPolicy: (policy: string) => void;
}) {
  const words = useAccessWords().check;
  const format = useFormat();
  const { allowed, why, user, action, resource, matches, missingPolicies } = answer;
  return (
    <>
      <p>
        <Badge tone={allowed ? 'ok' : 'bad'}>
          {allowed ? <Check aria-hidden="true" /> : <Ban aria-hidden="true" />}
          {allowed ? words.allowed : words.denied}
        </Badge>
      </p>
      <p className="breaks">
        {user} · <code>{action}</code> · <code>{resource}</code>
      </p>
      <p>{words.why[why](user)}</p>
      {missingPolicies.length === 0 ? null : <p>{words.missing(missingPolicies.join(', '))}</p>}
      {matches.length === 0 ? null : (
        <>
          <h3>{words.matches}</h3>
          <ul>
            {matches.map(({ policy, statement, effect }) => (
              <li key={`${policy} ${statement}`}>
                <button type="button" onClick={() => onPolicy(policy)}>
                  {words.match(policy, format.number(statement + 1), effect)}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
