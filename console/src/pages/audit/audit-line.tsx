import type { AuditLineView } from '../../../../src/dialects/native/views/audit.ts';
import { Dialog } from '../../design/dialog.tsx';
import { Facts } from '../../design/page.tsx';
import { Badge, type Tone } from '../../design/state-badge.tsx';
import { Time } from '../../design/values.tsx';
import { useFormat } from '../../i18n/format.ts';
import { useAuditWords } from './words.ts';

const tones: Readonly<Record<AuditLineView['outcome'], Tone>> = {
  ok: 'ok',
  refused: 'warn',
  failed: 'bad',
};

/** How a call went. */
export function Outcome({ line }: { readonly line: AuditLineView }) {
  const words = useAuditWords();
  return <Badge tone={tones[line.outcome]}>{words.outcomes[line.outcome]}</Badge>;
}

/** Everything that is kept of one call. */
export function AuditLineDialog({
  line,
  onClose,
}: {
  readonly line: AuditLineView;
  readonly onClose: () => void;
}) {
  const words = useAuditWords();
  const format = useFormat();
  const text = (value: string | null) =>
    value === null || value === '' ? null : <span className="mono breaks">{value}</span>;
  return (
    <Dialog title={words.details(line.operation)} onClose={onClose}>
      <Facts
        rows={[
          [words.time, <Time key="time" atMs={line.atMs} absolute />],
          [
            words.user,
            line.user === '' ? words.nobody : <span className="breaks">{line.user}</span>,
          ],
          [words.key, text(line.keyId)],
          [words.from, text(line.sourceIp)],
          [words.dialect, line.dialect],
          [words.outcome, <Outcome key="outcome" line={line} />],
          [words.code, text(line.code)],
          [words.resource, text(line.resource)],
          [
            words.names,
            line.names.length === 0 ? null : (
              <span className="audit-names">
                {line.names.map((name) => (
                  <Badge key={name}>{name}</Badge>
                ))}
              </span>
            ),
          ],
          [words.suppressed, line.suppressed === 0 ? null : format.number(line.suppressed)],
          [words.requestId, text(line.requestId)],
        ]}
      />
    </Dialog>
  );
}
