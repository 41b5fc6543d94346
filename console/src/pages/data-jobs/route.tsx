import ArrowRight from 'lucide-react/icons/arrow-right';
import type { DataJobRow } from '../../../../src/dialects/native/views/data-job.ts';
import './data-jobs.css';

/** From where to where a data job moves data. */
export function Route({ from, to }: Pick<DataJobRow, 'from' | 'to'>) {
  return (
    <span className="route">
      <End {...from} />
      <ArrowRight aria-hidden="true" />
      <End {...to} />
    </span>
  );
}

function End({ link, what }: DataJobRow['from']) {
  return (
    <span className="route-end">
      <span className="route-link">{link}</span> {what}
    </span>
  );
}
