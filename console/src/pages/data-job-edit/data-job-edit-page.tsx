import { useParams } from 'wouter';
import type { DataJobView } from '../../../../src/dialects/native/views/data-job.ts';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { Page } from '../../design/page.tsx';
import { ProblemBox } from '../../design/problem-box.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { dataJobHref, dataJobsHref } from '../links/paths.ts';
import { placeName, useLinkNamespaces } from '../links/use-links.ts';
import { draftOf, newDraft } from './draft.ts';
import { Wizard } from './wizard.tsx';
import { useEditWords } from './words.ts';

/** The wizard of a data job: `/console/data-jobs/new`, or of one that is there. */
export default function DataJobEditPage() {
  const { job: id } = useParams<{ job?: string }>();
  const words = useEditWords();
  const found = useRead<DataJobView>(path`/data-jobs/${id ?? ''}`, { enabled: id !== undefined });
  const { namespaces, region } = useLinkNamespaces();
  const job = found.data;
  const isThere = region !== '' && (id === undefined || job !== undefined);
  return (
    <Page
      title={id === undefined ? words.newTitle : words.editTitle(job?.name ?? id)}
      back={
        id === undefined
          ? { href: dataJobsHref, label: words.back }
          : { href: dataJobHref(id), label: job?.name ?? id }
      }
    >
      <ProblemBox error={found.error} />
      {isThere ? (
        <Wizard
          id={job?.id ?? null}
          initial={job === undefined ? newDraft(region) : draftOf(job)}
          namespaces={namespaces.map((row) => [row.namespace, placeName(row)] as const)}
        />
      ) : found.error === null ? (
        <Skeleton rows={8} />
      ) : null}
    </Page>
  );
}
