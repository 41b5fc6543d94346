import type { NamespacePage } from '../../../../src/dialects/native/views/namespaces.ts';
import { useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Select } from '../../design/field.tsx';

/** Namespaces of SAE, which owns config maps and secrets; '' = its default one. */
export function NamespaceSelect({
  value,
  onChange,
  label,
}: {
  readonly value: string;
  readonly onChange: (namespace: string) => void;
  readonly label: string;
}) {
  const { may } = useRights();
  const { data } = useRead<NamespacePage>('/namespaces', {
    query: { dialect: 'sae', limit: 500 },
    enabled: may('ListNamespaces'),
  });
  const rows = data?.rows ?? [];
  const [first, ...others] = rows.map(({ id, name }): readonly [string, string] => [
    id,
    name === '' || name === id ? id : `${name} (${id})`,
  ]);
  if (first === undefined) return null;
  const options: readonly (readonly [string, string])[] = [['', first[1]], ...others];
  return (
    <Select
      label={label}
      value={value === first[0] ? '' : value}
      onChange={onChange}
      options={options}
    />
  );
}
