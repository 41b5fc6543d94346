import { Checkbox } from '../../design/field.tsx';
import { usePolicies } from './lists.ts';
import { useAccessWords } from './words.ts';
import './access.css';

/** Policies to be attached to a user. */
export function PolicyChoice({
  chosen,
  onChange,
  disabled = false,
}: {
  readonly chosen: readonly string[];
  readonly onChange: (policies: readonly string[]) => void;
  readonly disabled?: boolean;
}) {
  const words = useAccessWords();
  const known = usePolicies().map(({ name }) => name);
  // One that is attached and gone is shown too, so that it can be taken off.
  const names = [...new Set([...known, ...chosen])];
  return (
    <fieldset className="access-policies" disabled={disabled}>
      <legend>{words.policies}</legend>
      {names.map((name) => (
        <Checkbox
          key={name}
          label={name}
          checked={chosen.includes(name)}
          onChange={(checked) =>
            onChange(checked ? [...chosen, name] : chosen.filter((each) => each !== name))
          }
        />
      ))}
    </fieldset>
  );
}
