import { useParams } from 'wouter';
import type { LinkView } from '../../../../src/dialects/native/views/link.ts';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { Page } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { linkHref, linksHref } from '../links/paths.ts';
import { placeName, useLinkNamespaces } from '../links/use-links.ts';
import { LinkForm } from './link-form.tsx';
import { useLinkWords } from './words.ts';

/** The form of a link: `/console/links/new`, or that of one that is there. */
export default function LinkEditPage() {
  const { namespace, link } = useParams<{ namespace?: string; link?: string }>();
  const words = useLinkWords();
  const isNew = namespace === undefined || link === undefined;
  const found = useRead<LinkView>(path`/links/${namespace ?? ''}/${link ?? ''}`, {
    enabled: !isNew,
  });
  const { namespaces, kinds, region } = useLinkNamespaces();
  const isThere = kinds.length > 0 && region !== '' && (isNew || found.data !== undefined);
  return (
    <Page
      title={isNew ? words.newTitle : words.editTitle(link)}
      back={
        isNew
          ? { href: linksHref, label: words.backToLinks }
          : { href: linkHref(namespace, link), label: link }
      }
    >
      <ProblemBox error={found.error} />
      {isThere ? (
        <LinkForm
          link={found.data ?? null}
          namespaces={namespaces.map((row) => [row.namespace, placeName(row)] as const)}
          kinds={kinds}
          region={region}
        />
      ) : found.error === null ? (
        <Skeleton rows={8} />
      ) : null}
    </Page>
  );
}
