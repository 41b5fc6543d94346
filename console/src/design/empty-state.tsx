import type { LucideIcon } from 'lucide-react';
import Inbox from 'lucide-react/icons/inbox';
import type { ReactNode } from 'react';
import './empty-state.css';

/** Says that there is nothing, and what to do about it. */
export function EmptyState({
  icon: Icon = Inbox,
  title,
  hint,
  action,
}: {
  readonly icon?: LucideIcon;
  readonly title: string;
  readonly hint?: ReactNode;
  readonly action?: ReactNode;
}) {
  return (
    <div className="empty">
      <Icon aria-hidden="true" />
      <strong>{title}</strong>
      {hint === undefined ? null : <p>{hint}</p>}
      {action}
    </div>
  );
}
