import Search from 'lucide-react/icons/search';
import {
  createContext,
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useContext,
  useId,
} from 'react';
import { useDesignWords } from './words.ts';
import './field.css';

interface FieldIds {
  readonly id: string;
  readonly describedBy: string | undefined;
  readonly invalid: boolean;
}

const FieldContext = createContext<FieldIds | null>(null);

/** A label with its input, hint and error. The input takes its id and description from here. */
export function Field({
  label,
  hint,
  error,
  optional = false,
  children,
}: {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null | undefined;
  readonly optional?: boolean;
  readonly children: ReactNode;
}) {
  const words = useDesignWords();
  const id = useId();
  const failed = error !== undefined && error !== null && error !== '';
  const describedBy = [hint === undefined ? '' : `${id}-hint`, failed ? `${id}-error` : '']
    .filter(Boolean)
    .join(' ');
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
        {optional ? <span className="field-optional">{words.optional}</span> : null}
      </label>
      <FieldContext
        value={{ id, describedBy: describedBy === '' ? undefined : describedBy, invalid: failed }}
      >
        {children}
      </FieldContext>
      {hint === undefined ? null : (
        <span className="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {failed ? (
        <span className="field-error" id={`${id}-error`} role="alert">
          {error}
        </span>
      ) : null}
    </div>
  );
}

function useFieldProps(label: string | undefined) {
  const field = useContext(FieldContext);
  return {
    id: field?.id,
    'aria-label': label,
    'aria-describedby': field?.describedBy,
    'aria-invalid': field?.invalid === true ? true : undefined,
  };
}

/** What all inputs share: text in, text out; `label` where no Field is around them. */
interface TextProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly label?: string;
  /** In the font of code: ids, expressions, JSON. */
  readonly mono?: boolean;
}

type Without<T> = Omit<T, 'value' | 'onChange' | 'className' | 'id'>;

export function Input({
  value,
  onChange,
  label,
  mono = false,
  ...rest
}: TextProps & Without<InputHTMLAttributes<HTMLInputElement>>) {
  return (
    <input
      type="text"
      {...rest}
      {...useFieldProps(label)}
      className={mono ? 'input input-mono' : 'input'}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

export function Textarea({
  value,
  onChange,
  label,
  mono = false,
  rows = 4,
  ...rest
}: TextProps & Without<TextareaHTMLAttributes<HTMLTextAreaElement>>) {
  return (
    <textarea
      {...rest}
      {...useFieldProps(label)}
      className={mono ? 'input input-mono' : 'input'}
      rows={rows}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

export function Select({
  value,
  onChange,
  label,
  options,
  ...rest
}: Omit<TextProps, 'mono'> & {
  readonly options: readonly (readonly [value: string, text: string])[];
} & Without<SelectHTMLAttributes<HTMLSelectElement>>) {
  return (
    <select
      {...rest}
      {...useFieldProps(label)}
      className="input"
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  );
}

export function Checkbox({
  checked,
  onChange,
  label,
  disabled = false,
}: {
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly label: ReactNode;
  readonly disabled?: boolean;
}) {
  return (
    <label className="checkbox">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}

/** A search field; the key "/" leads to the first one of a page. */
export function SearchInput({
  value,
  onChange,
  label,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** What is searched, e.g. "Search runs". */
  readonly label: string;
}) {
  return (
    <div className="search">
      <Search aria-hidden="true" />
      <Input
        type="search"
        value={value}
        onChange={onChange}
        label={label}
        placeholder={label}
        data-search=""
        maxLength={256}
      />
    </div>
  );
}
