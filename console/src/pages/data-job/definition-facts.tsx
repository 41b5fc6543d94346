import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { DataJobDefinition } from '../../../../src/dialects/native/views/data-job.ts';
import { Facts } from '../../design/page.tsx';
import { useFormat } from '../../i18n/format.ts';
import { linkHref } from '../links/paths.ts';
import { useDataJobWords } from './words.ts';

/** Names and values. */
export type Rows = readonly (readonly [name: string, value: ReactNode])[];

/** Where a data job reads. */
export function SourceFacts({
  from,
  namespace,
}: {
  readonly from: DataJobDefinition['from'];
  readonly namespace: string;
}) {
  const words = useDataJobWords();
  const link = [
    words.link,
    <Link key="link" href={linkHref(namespace, from.link)}>
      {from.link}
    </Link>,
  ] as const;
  const code = (text: string): ReactNode => <span className="mono breaks">{text}</span>;
  const rows = (): Rows => {
    switch (from.kind) {
      case 'tables':
        return [
          from.wholeDatabase
            ? [words.wholeDatabase, from.table === '' ? words.allTables : code(from.table)]
            : [words.table, code(from.schema === '' ? from.table : `${from.schema}.${from.table}`)],
          [words.where, from.where === null ? words.allRows : code(from.where)],
          [words.partitionColumn, from.partitionColumn ?? words.automatic],
        ];
      case 'query':
        return [[words.query, code(from.sql)]];
      case 'files':
        return [
          [words.bucket, from.bucket === '' ? null : code(from.bucket)],
          [words.paths, code(from.paths.join(', '))],
          [words.format, from.format.kind],
          [words.compression, from.compression === 'none' ? null : from.compression],
        ];
      case 'warehouse':
        return [[words.table, code(`${from.database}.${from.table}`)]];
    }
  };
  return <Facts rows={[link, ...rows()]} />;
}

/** Where it writes, and what becomes of what is there. */
export function TargetFacts({
  to,
  namespace,
}: {
  readonly to: DataJobDefinition['to'];
  readonly namespace: string;
}) {
  const words = useDataJobWords();
  const link = [
    words.link,
    <Link key="link" href={linkHref(namespace, to.link)}>
      {to.link}
    </Link>,
  ] as const;
  const code = (text: string): ReactNode => <span className="mono breaks">{text}</span>;
  const rows = (): Rows => {
    switch (to.kind) {
      case 'table':
        return [
          [words.table, code(to.schema === '' ? to.table : `${to.schema}.${to.table}`)],
          [words.preparation, words.preparations[to.preparation]],
          [
            words.clear,
            to.clear.kind === 'where'
              ? words.clears.where(to.clear.where)
              : words.clears[to.clear.kind],
          ],
          [words.conflict, words.conflicts[to.conflict]],
          [words.stage, to.stage ? words.yes : words.no],
        ];
      case 'files':
        return [
          [words.bucket, to.bucket === '' ? null : code(to.bucket)],
          [words.directory, code(to.directory === '' ? '/' : to.directory)],
          [words.format, to.format.kind],
          [words.compression, to.compression === 'none' ? null : to.compression],
        ];
      case 'warehouse':
        return [
          [words.table, code(`${to.database}.${to.table}`)],
          [words.format, to.storage],
          [words.preparation, words.preparations[to.preparation]],
          [words.clear, words.clears[to.clear]],
        ];
    }
  };
  return <Facts rows={[link, ...rows()]} />;
}

/** How it does it. */
export function OptionFacts({
  definition,
  concurrency,
  schedule,
}: {
  readonly definition: DataJobDefinition;
  readonly concurrency: string;
  /** When it runs. */
  readonly schedule: Rows;
}) {
  const words = useDataJobWords();
  const format = useFormat();
  const { throttle, dirtyRows, proof, extractors, errorRetries } = definition;
  const limits = [
    throttle.rowsPerSecond === null
      ? ''
      : words.rowsPerSecond(format.number(throttle.rowsPerSecond)),
    throttle.bytesPerSecond === null
      ? ''
      : words.bytesPerSecond(format.bytes(throttle.bytesPerSecond)),
  ].filter((text) => text !== '');
  const dirty = dirtyRows.tolerate
    ? [
        words.dirtyLimit(format.number(dirtyRows.maxPerShard)),
        dirtyRows.maxPercent === null
          ? ''
          : words.dirtyPercent(format.percent(dirtyRows.maxPercent / 100)),
      ].filter((text) => text !== '')
    : [words.dirtyFails];
  return (
    <Facts
      rows={[
        [words.shards, format.number(extractors)],
        [words.throttle, limits.length === 0 ? words.noThrottle : limits.join(', ')],
        [words.dirty, dirty.join(', ')],
        [words.proof, words.proofs[proof]],
        [words.retries, format.number(errorRetries)],
        [
          words.concurrency,
          words.concurrencies[concurrency as keyof typeof words.concurrencies] ?? concurrency,
        ],
        ...schedule,
      ]}
    />
  );
}

/** Which column fills which. */
export function FieldFacts({ definition }: { readonly definition: DataJobDefinition }) {
  const words = useDataJobWords();
  const { from, to, addedFields } = definition;
  const sources = [
    ...(from.columns ?? []).map((name) => ({ name, value: null as string | null })),
    ...addedFields.map(({ name, value }) => ({ name, value: value as string | null })),
  ];
  if (sources.length === 0 && to.columns === null) return <p>{words.allByName}</p>;
  return (
    <>
      {from.columns === null ? <p>{words.allByName}</p> : null}
      <div className="table-frame">
        <div className="table-scroll" tabIndex={0} role="region" aria-label={words.fields}>
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{words.fieldSource}</th>
                <th scope="col">{words.fieldTarget}</th>
              </tr>
            </thead>
            <tbody>
              {sources.map(({ name, value }, place) => (
                <tr key={`${place} ${name}`}>
                  <td className="breaks">{value === null ? name : words.addedValue(value)}</td>
                  <td className="breaks">
                    {from.columns === null ? name : (to.columns?.[place] ?? name)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </div>
    </>
  );
}
