import Languages from 'lucide-react/icons/languages';
import LogOut from 'lucide-react/icons/log-out';
import MenuIcon from 'lucide-react/icons/menu';
import Monitor from 'lucide-react/icons/monitor';
import Moon from 'lucide-react/icons/moon';
import Sun from 'lucide-react/icons/sun';
import User from 'lucide-react/icons/user';
import { useEffect, useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { signOut, useRights, useSession } from '../api/session.ts';
import { Button } from '../design/button.tsx';
import { Menu } from '../design/menu.tsx';
import { chooseTheme, theme, themes } from '../design/theme.ts';
import { toast } from '../design/toast.tsx';
import { language, languageNames, languages } from '../i18n/language.ts';
import { navigation } from '../navigation.ts';
import { Connection } from './connection.tsx';
import { useLayoutWords } from './words.ts';

const themeIcons = { system: Monitor, light: Sun, dark: Moon } as const;

function Brand() {
  return (
    <Link href="/" className="shell-brand">
      <img src="/console/favicon.svg" alt="" />
      Longshore
    </Link>
  );
}

/** What stands above every page: connection, language, appearance, who is signed in. */
export function Header() {
  const words = useLayoutWords();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Brand />
      <header className="shell-head">
        <div className="shell-open-nav">
          <Button
            label={words.openNavigation}
            icon={MenuIcon}
            iconOnly
            kind="ghost"
            aria-expanded={open}
            onClick={() => setOpen(true)}
          />
        </div>
        <Connection />
        <LanguageMenu />
        <ThemeMenu />
        <AccountMenu />
      </header>
      {open ? <Drawer onClose={() => setOpen(false)} /> : null}
    </>
  );
}

/** The languages. */
export function LanguageMenu() {
  const words = useLayoutWords();
  const shown = language.use();
  return (
    <Menu
      label={words.language}
      icon={Languages}
      iconOnly
      kind="ghost"
      items={languages.map((name) => ({
        id: name,
        label: languageNames[name],
        checked: name === shown,
        act: () => language.set(name),
      }))}
    />
  );
}

/** Light, dark or as the system. */
export function ThemeMenu() {
  const words = useLayoutWords();
  const chosen = theme.use();
  return (
    <Menu
      label={words.theme}
      icon={themeIcons[chosen]}
      iconOnly
      kind="ghost"
      items={themes.map((name) => ({
        id: name,
        label: words.themes[name],
        icon: themeIcons[name],
        checked: name === chosen,
        act: () => chooseTheme(name),
      }))}
    />
  );
}

function AccountMenu() {
  const words = useLayoutWords();
  const { session } = useSession();
  if (session === null || session === undefined) return null;
  const { user, root, keyId } = session;
  return (
    <Menu
      label={words.account}
      icon={User}
      iconOnly
      kind="ghost"
      title={
        <>
          {words.signedInAs(user)}
          {root ? ` (${words.root})` : ''}
          {keyId === null ? null : <div className="mono">{keyId}</div>}
        </>
      }
      items={[
        {
          id: 'sign-out',
          label: words.signOut,
          icon: LogOut,
          act: () => {
            signOut().catch((error: Error) => toast(error.message, 'bad'));
          },
        },
      ]}
    />
  );
}

/** The links to the pages; those that the user has no right to are left out. */
export function Navigation() {
  const words = useLayoutWords();
  const rights = useRights();
  const [location] = useLocation();
  return navigation.map(({ name, entries }) => {
    const shown = entries.filter(({ needs }) => needs === null || rights.may(needs));
    if (shown.length === 0) return null;
    return (
      <div key={name}>
        <div className="nav-group" id={`nav-${name}`}>
          {words.navigationGroups[name]}
        </div>
        <ul aria-labelledby={`nav-${name}`}>
          {shown.map(({ name: entry, href, icon: Icon }) => (
            <li key={entry}>
              <Link
                href={href}
                className="nav-link"
                aria-current={isCurrent(href, location) ? 'page' : undefined}
              >
                <Icon aria-hidden="true" />
                {words.navigation[entry]}
              </Link>
            </li>
          ))}
        </ul>
      </div>
    );
  });
}

function isCurrent(href: string, location: string): boolean {
  if (href === '/') return location === '/' || location === '/console';
  return location === href || location.startsWith(`${href}/`);
}

/** The navigation on narrow screens. */
function Drawer({ onClose }: { readonly onClose: () => void }) {
  const words = useLayoutWords();
  const [location] = useLocation();
  const opened = useRef(location);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (element?.open === false) element.showModal();
    return () => element?.close();
  }, []);
  useEffect(() => {
    if (opened.current !== location) onClose();
  }, [location, onClose]);
  return (
    <dialog
      ref={dialog}
      className="drawer"
      aria-label={words.navigationLabel}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <Brand />
      <nav aria-label={words.navigationLabel}>
        <Navigation />
      </nav>
    </dialog>
  );
}
