import Download from 'lucide-react/icons/download';
import X from 'lucide-react/icons/x';
import { addressOf } from '../../api/client.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { Input, SearchInput, Select } from '../../design/field.tsx';
import { Toolbar, ToolbarSpace } from '../../design/page.tsx';
import { type AuditFilter, auditDialects, outcomes, ranges } from './use-audit-filter.ts';
import { useAuditWords } from './words.ts';

/** What narrows the log, and its export. */
export function AuditFilters({ filter }: { readonly filter: AuditFilter }) {
  const words = useAuditWords();
  const { may } = useRights();
  return (
    <Toolbar label={words.filters}>
      <SearchInput
        value={filter.resource}
        onChange={(value) => filter.set('resource', value)}
        label={words.search}
      />
      <div className="audit-field">
        <Input
          value={filter.user}
          onChange={(value) => filter.set('user', value)}
          label={words.user}
          placeholder={words.user}
          maxLength={256}
        />
      </div>
      <div className="audit-field">
        <Input
          value={filter.operation}
          onChange={(value) => filter.set('operation', value)}
          label={words.operation}
          placeholder={words.operation}
          maxLength={256}
        />
      </div>
      <Select
        label={words.dialect}
        value={filter.dialect}
        onChange={(value) => filter.set('dialect', value)}
        options={[['', words.allDialects], ...auditDialects.map((name) => [name, name] as const)]}
      />
      <Select
        label={words.outcome}
        value={filter.outcome}
        onChange={(value) => filter.set('outcome', value)}
        options={[
          ['', words.allOutcomes],
          ...outcomes.map((name) => [name, words.outcomes[name]] as const),
        ]}
      />
      <Select
        label={words.range}
        value={filter.range}
        onChange={(value) => filter.set('range', value)}
        options={ranges.map((name) => [name, words.ranges[name]] as const)}
      />
      {filter.isSet ? (
        <Button
          label={words.clear}
          icon={X}
          kind="ghost"
          onClick={(event) => {
            // The button goes, and the focus must not go with it.
            event.currentTarget.parentElement?.querySelector<HTMLElement>('[data-search]')?.focus();
            filter.clear();
          }}
        />
      ) : null}
      <ToolbarSpace />
      {may('ExportAuditLines') ? (
        <a
          className="button button-default"
          href={addressOf('/audit/export', filter.query)}
          download
          title={words.exportHint}
        >
          <Download aria-hidden="true" />
          {words.export}
        </a>
      ) : null}
    </Toolbar>
  );
}
