import { Link } from 'wouter';
import type { ReferrerView } from '../../../../src/dialects/native/views/config-maps.ts';
import { path } from '../../api/client.ts';
import './config-maps.css';

/** Templates that refer to something, as links; `none` when there are none. */
export function UsedBy({
  templates,
  none,
}: {
  readonly templates: readonly ReferrerView[];
  readonly none: string;
}) {
  if (templates.length === 0) return <span className="muted">{none}</span>;
  return (
    <span className="used-by">
      {templates.map(({ templateId, name }) => (
        <Link
          key={templateId}
          href={`/console${path`/templates/${templateId}`}`}
          className="breaks"
        >
          {name}
        </Link>
      ))}
    </span>
  );
}
