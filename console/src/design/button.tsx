import type { LucideIcon } from 'lucide-react';
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Link } from 'wouter';
import './button.css';

export type ButtonKind = 'default' | 'primary' | 'danger' | 'ghost';

interface Look {
  readonly kind?: ButtonKind;
  readonly icon?: LucideIcon;
  /** Shows the icon alone; the label is told to screen readers and as a title. */
  readonly iconOnly?: boolean;
}

function classOf({ kind = 'default', iconOnly = false }: Look): string {
  return ['button', `button-${kind}`, iconOnly ? 'button-icon' : ''].filter(Boolean).join(' ');
}

function content(Icon: LucideIcon | undefined, label: string, iconOnly: boolean): ReactNode {
  return (
    <>
      {Icon === undefined ? null : <Icon aria-hidden="true" />}
      {iconOnly ? <span className="visually-hidden">{label}</span> : label}
    </>
  );
}

/** A button. `busy` = its action is under way: it stays focused and does nothing. */
export function Button({
  label,
  kind,
  icon,
  iconOnly = false,
  busy = false,
  disabled = false,
  type = 'button',
  onClick,
  ...rest
}: Look & { readonly label: string; readonly busy?: boolean } & Omit<
    ButtonHTMLAttributes<HTMLButtonElement>,
    'children' | 'className'
  >) {
  return (
    <button
      {...rest}
      type={type}
      className={classOf({ ...(kind === undefined ? {} : { kind }), iconOnly })}
      disabled={disabled}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      title={iconOnly ? label : rest.title}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      {content(icon, label, iconOnly)}
    </button>
  );
}

/** A link that looks like a button: it leads somewhere and changes nothing. */
export function LinkButton({
  label,
  href,
  kind,
  icon,
  iconOnly = false,
}: Look & { readonly label: string; readonly href: string }) {
  return (
    <Link
      href={href}
      className={classOf({ ...(kind === undefined ? {} : { kind }), iconOnly })}
      title={iconOnly ? label : undefined}
    >
      {content(icon, label, iconOnly)}
    </Link>
  );
}
