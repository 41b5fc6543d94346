import ArrowLeft from 'lucide-react/icons/arrow-left';
import { type ReactNode, useEffect } from 'react';
import { Link } from 'wouter';
import './page.css';

/** The frame of a page: title, what it is about, what can be done with it. */
export function Page({
  title,
  subtitle,
  badge,
  back,
  actions,
  children,
}: {
  readonly title: string;
  readonly subtitle?: ReactNode;
  /** Beside the title, e.g. a StateBadge. */
  readonly badge?: ReactNode;
  readonly back?: { readonly href: string; readonly label: string };
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Longshore`;
  }, [title]);
  return (
    <div className="page">
      <header className="page-head">
        <div className="page-titles">
          {back === undefined ? null : (
            <Link href={back.href} className="page-back">
              <ArrowLeft aria-hidden="true" />
              {back.label}
            </Link>
          )}
          <div className="page-title">
            <h1>{title}</h1>
            {badge}
          </div>
          {subtitle === undefined ? null : <div className="page-subtitle">{subtitle}</div>}
        </div>
        {actions === undefined ? null : <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A row of filters and buttons; `ToolbarSpace` pushes what follows to the right. */
export function Toolbar({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ReactNode;
}) {
  return (
    <div className="toolbar" role="group" aria-label={label}>
      {children}
    </div>
  );
}

export function ToolbarSpace() {
  return <span className="toolbar-space" />;
}

/** A part of a page with its heading. `flush` = its content (a table) reaches the border. */
export function Section({
  title,
  aside,
  flush = false,
  children,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly flush?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <section className={flush ? 'section section-flush' : 'section'} aria-label={title}>
      <div className="section-head">
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** Names and values; a value of null is left out. */
export function Facts({
  rows,
}: {
  readonly rows: readonly (readonly [name: string, value: ReactNode])[];
}) {
  return (
    <dl className="facts">
      {rows
        .filter(([, value]) => value !== null && value !== undefined)
        .flatMap(([name, value]) => [
          <dt key={`${name} name`}>{name}</dt>,
          <dd key={`${name} value`}>{value}</dd>,
        ])}
    </dl>
  );
}
