import { LinkButton } from '../../design/button.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { Page } from '../../design/page.tsx';
import { useLayoutWords } from '../../layout/words.ts';

/** Shown where no page is. */
export default function NotFoundPage() {
  const words = useLayoutWords();
  return (
    <Page title={words.notFoundTitle}>
      <EmptyState
        title={words.notFoundTitle}
        hint={words.notFoundHint}
        action={<LinkButton href="/" label={words.toOverview} />}
      />
    </Page>
  );
}
