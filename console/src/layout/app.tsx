import { useEffect, useRef } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { useSession } from '../api/session.ts';
import { ProblemBox } from '../design/problem-box.tsx';
import { Toasts } from '../design/toast.tsx';
import { language, locales } from '../i18n/language.ts';
import NotFoundPage from '../pages/not-found/not-found-page.tsx';
import SignInPage, { signInAddress } from '../pages/sign-in/sign-in-page.tsx';
import { routes } from '../routes.tsx';
import { Connection } from './connection.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { useKeptFocus } from './kept-focus.ts';
import { useSearchKey } from './keys.ts';
import { Header, Navigation } from './shell.tsx';
import { useLayoutWords } from './words.ts';
import './layout.css';

/** The whole console: sign-in, or the frame with the page that the address names. */
export function App() {
  const shown = language.use();
  useEffect(() => {
    document.documentElement.lang = locales[shown];
  }, [shown]);
  return (
    <>
      <Switch>
        <Route path="/console/sign-in" component={SignInPage} />
        <Route>
          <SignedIn />
        </Route>
      </Switch>
      <Toasts />
    </>
  );
}

function SignedIn() {
  const { session, error } = useSession();
  const [location] = useLocation();
  if (session === null) {
    return <Redirect to={signInAddress(location + window.location.search)} replace />;
  }
  if (session === undefined) {
    return error === null ? null : (
      <div className="page">
        <Connection />
        <ProblemBox error={error} />
      </div>
    );
  }
  return <Frame />;
}

function Frame() {
  const words = useLayoutWords();
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  useSearchKey(main);
  useFocusOnPageChange(main, location);
  useKeptFocus();
  return (
    <div className="shell">
      <a className="shell-skip" href="#main">
        {words.skip}
      </a>
      <Header />
      <nav className="shell-nav" aria-label={words.navigationLabel}>
        <Navigation />
      </nav>
      <main className="shell-main" id="main" tabIndex={-1} ref={main}>
        <ErrorBoundary key={location}>
          <Switch>
            {routes.map(({ path, page }) => (
              <Route key={path} path={path} component={page} />
            ))}
            <Route component={NotFoundPage} />
          </Switch>
        </ErrorBoundary>
      </main>
    </div>
  );
}

/** Keyboard and screen reader go on at the new page, not at a link of the old one. */
function useFocusOnPageChange(main: React.RefObject<HTMLElement | null>, location: string): void {
  const before = useRef(location);
  useEffect(() => {
    if (before.current === location) return;
    before.current = location;
    main.current?.focus({ preventScroll: true });
    main.current?.scrollTo(0, 0);
  }, [main, location]);
}
