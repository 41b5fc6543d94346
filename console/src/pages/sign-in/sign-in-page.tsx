import { type FormEvent, useEffect, useState } from 'react';
import { Redirect, useLocation, useSearchParams } from 'wouter';
import { ApiError } from '../../api/problem.ts';
import { type SessionInput, signIn, useSession } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { CodeBlock } from '../../design/code-block.tsx';
import { Field, Input } from '../../design/field.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Tabs } from '../../design/tabs.tsx';
import { defineWords } from '../../i18n/words.ts';
import { Connection } from '../../layout/connection.tsx';
import { LanguageMenu, ThemeMenu } from '../../layout/shell.tsx';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';
import './sign-in.css';

const useWords = defineWords({ en, zh });

const command = [
  'longshore users put NAME --policy AdministratorAccess',
  'longshore users set-password NAME',
].join('\n');

/** The sign-in page, which leads back to `address` afterwards. */
export function signInAddress(address: string): string {
  return address === '/'
    ? '/console/sign-in'
    : `/console/sign-in?back=${encodeURIComponent(address)}`;
}

/** Only pages of the console: an address elsewhere would make this page a trap. */
export function safeBack(address: string | null): string {
  return address !== null && /^\/(console(\/|\?|$)|\?|$)/.test(address) ? address : '/';
}

/** Sign-in with a user's password or an access key. */
export default function SignInPage() {
  const words = useWords();
  const { session } = useSession();
  const [search] = useSearchParams();
  useEffect(() => {
    document.title = `${words.title} · Longshore`;
  }, [words]);
  const back = safeBack(search.get('back'));
  if (session !== null && session !== undefined) return <Redirect to={back} replace />;
  return (
    <div className="sign-in">
      <div className="sign-in-head">
        <Connection />
        <LanguageMenu />
        <ThemeMenu />
      </div>
      <main className="sign-in-main">
        <div className="sign-in-title">
          <img src="/console/favicon.svg" alt="" />
          <div>
            <h1>Longshore</h1>
            <p className="muted">{words.subtitle}</p>
          </div>
        </div>
        <SignInForm back={back} />
        <div className="sign-in-help">
          <span>{words.help}</span>
          <CodeBlock text={command} label={words.help} wrap />
        </div>
      </main>
    </div>
  );
}

function SignInForm({ back }: { readonly back: string }) {
  const words = useWords();
  const [, navigate] = useLocation();
  const [method, setMethod] = useState<'password' | 'key'>('password');
  const [name, setName] = useState('');
  const [secret, setSecret] = useState('');
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await signIn(inputOf(method, name.trim(), secret, token.trim()));
      navigate(back, { replace: true });
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error(String(cause)));
      setSecret('');
      setBusy(false);
    }
  };
  const choose = (chosen: 'password' | 'key'): void => {
    setMethod(chosen);
    setSecret('');
    setError(null);
  };
  const wrong = error instanceof ApiError && error.status === 401;
  const isKey = method === 'key';
  return (
    <div className="sign-in-card">
      <Tabs
        label={words.method}
        tabs={[
          { id: 'password', title: words.password },
          { id: 'key', title: words.key },
        ]}
        value={method}
        onChange={choose}
      >
        <form className="form" onSubmit={(event) => void submit(event)}>
          <Field label={isKey ? words.keyId : words.user}>
            <Input
              key={method}
              value={name}
              onChange={setName}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={128}
              required
            />
          </Field>
          <Field
            label={isKey ? words.keySecret : words.password}
            error={wrong ? words.wrong : null}
          >
            <Input
              value={secret}
              onChange={setSecret}
              type="password"
              autoComplete="current-password"
              maxLength={128}
              required
            />
          </Field>
          {isKey ? (
            <Field label={words.securityToken} hint={words.securityTokenHint} optional>
              <Input value={token} onChange={setToken} autoComplete="off" maxLength={256} />
            </Field>
          ) : null}
          {wrong ? null : <ProblemBox error={error} />}
          <Button label={words.submit} type="submit" kind="primary" busy={busy} />
        </form>
      </Tabs>
    </div>
  );
}

function inputOf(
  method: 'password' | 'key',
  name: string,
  secret: string,
  token: string,
): SessionInput {
  if (method === 'password') return { user: name, password: secret };
  return {
    accessKeyId: name,
    accessKeySecret: secret,
    ...(token === '' ? {} : { securityToken: token }),
  };
}
