import type { LucideIcon } from 'lucide-react';
import Check from 'lucide-react/icons/check';
import {
  type FocusEvent,
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from 'react';
import { Button, type ButtonKind } from './button.tsx';
import './menu.css';

/** One thing to choose. */
export interface MenuItem {
  readonly id: string;
  readonly label: string;
  readonly icon?: LucideIcon;
  readonly danger?: boolean;
  /** Given for choices of which one holds. */
  readonly checked?: boolean;
  readonly act: () => void;
}

/** A button with a menu: arrows, Home and End move, Esc closes, Tab leaves. */
export function Menu({
  label,
  icon,
  iconOnly = false,
  kind = 'default',
  title,
  items,
}: {
  readonly label: string;
  readonly icon?: LucideIcon;
  readonly iconOnly?: boolean;
  readonly kind?: ButtonKind;
  /** Above the items: whom or what they are about. */
  readonly title?: ReactNode;
  readonly items: readonly MenuItem[];
}) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const entries = (): HTMLElement[] => [
    ...(list.current?.querySelectorAll<HTMLElement>('.menu-item') ?? []),
  ];
  useEffect(() => {
    if (open) list.current?.querySelector<HTMLElement>('.menu-item')?.focus();
  }, [open]);
  const close = (): void => {
    setOpen(false);
    root.current?.querySelector('button')?.focus();
  };
  const keys = (event: KeyboardEvent): void => {
    const all = entries();
    const at = all.indexOf(event.target as HTMLElement);
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
      return;
    }
    const next = {
      ArrowDown: (at + 1) % all.length,
      ArrowUp: (at + all.length - 1) % all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all[next]?.focus();
  };
  const leave = (event: FocusEvent): void => {
    // Some browsers give buttons no focus when they are clicked: nothing has it then.
    if (event.relatedTarget !== null && root.current?.contains(event.relatedTarget) !== true) {
      setOpen(false);
    }
  };
  useEffect(() => {
    if (!open) return undefined;
    const press = (event: PointerEvent): void => {
      if (root.current?.contains(event.target as Node) !== true) setOpen(false);
    };
    window.addEventListener('pointerdown', press);
    return () => window.removeEventListener('pointerdown', press);
  }, [open]);
  return (
    <div className="menu" ref={root} onBlur={leave}>
      <Button
        label={label}
        {...(icon === undefined ? {} : { icon })}
        iconOnly={iconOnly}
        kind={kind}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      />
      {open ? (
        <div className="menu-list">
          {title === undefined ? null : <div className="menu-title">{title}</div>}
          <div role="menu" aria-label={label} ref={list} onKeyDown={keys}>
            {items.map((item) => (
              <button
                key={item.id}
                type="button"
                role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
                aria-checked={item.checked}
                tabIndex={-1}
                className={item.danger === true ? 'menu-item menu-item-danger' : 'menu-item'}
                onClick={() => {
                  close();
                  item.act();
                }}
              >
                {item.icon === undefined ? null : <item.icon aria-hidden="true" />}
                <span>{item.label}</span>
                {item.checked === true ? <Check aria-hidden="true" /> : null}
              </button>
            ))}
          </div>
        </div>
      ) : null}
    </div>
  );
}
