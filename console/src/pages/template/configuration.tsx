import { useState } from 'react';
import type {
  FormField,
  FormView,
} from '../../../../src/dialects/native/views/operations-forms.ts';
import type {
  TemplateDefinitionView,
  TemplateView,
} from '../../../../src/dialects/native/views/template.ts';
import { path } from '../../api/client.ts';
import { useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { CodeBlock } from '../../design/code-block.tsx';
import { Facts, Section } from '../../design/page.tsx';
import { StateBadge } from '../../design/state-badge.tsx';
import { Time } from '../../design/values.tsx';
import { language } from '../../i18n/language.ts';
import { useFormat } from '../../i18n/format.ts';
import { ScheduleText } from '../templates/schedule-text.tsx';
import { useTemplateWords } from './words.ts';

/** What the template is, by section: in short, what runs, and in the words of its API. */
export function Configuration({ template }: { readonly template: TemplateView }) {
  const { may } = useRights();
  const { data } = useRead<TemplateDefinitionView>(path`/templates/${template.id}/document`, {
    enabled: may('GetTemplateDocument'),
  });
  return (
    <div className="template-sections">
      <InShort template={template} />
      <WhatRuns template={template} />
      {data === undefined ? null : (
        <>
          <BySection template={template} definition={data} />
          <RawDocument definition={data} />
        </>
      )}
    </div>
  );
}

function InShort({ template }: { readonly template: TemplateView }) {
  const words = useTemplateWords();
  const { latestRun, nextFiringAtMs, scheduleNote } = template;
  return (
    <Section title={words.facts}>
      <Facts
        rows={[
          [
            words.id,
            <span key="id" className="mono">
              {template.id}
            </span>,
          ],
          [words.revision, template.revision],
          [
            words.lastRun,
            latestRun === null || latestRun === undefined ? (
              words.never
            ) : (
              <span className="template-inline">
                <StateBadge state={latestRun.state} /> <Time atMs={latestRun.createdAtMs} />
              </span>
            ),
          ],
          [words.tabs.schedule, <ScheduleText key="schedule" schedule={template.schedule} />],
          [
            words.nextFiring,
            template.schedule === null ? null : typeof nextFiringAtMs === 'number' ? (
              <Time atMs={nextFiringAtMs} absolute />
            ) : (
              (scheduleNote ?? '')
            ),
          ],
          [words.created, <Time key="created" atMs={template.createdAtMs} absolute />],
          [words.updated, <Time key="updated" atMs={template.updatedAtMs} absolute />],
        ]}
      />
    </Section>
  );
}

function WhatRuns({ template }: { readonly template: TemplateView }) {
  const words = useTemplateWords();
  const format = useFormat();
  const { artifact, command, env, timeoutMs, notActedOn } = template;
  const isHost = artifact === '' || artifact === 'longshore/host';
  return (
    <Section title={words.what}>
      <Facts
        rows={[
          [words.program, isHost ? words.thisMachine : <span className="mono">{artifact}</span>],
          [
            words.command,
            command.length === 0 ? null : (
              <span className="mono template-command">{command.join(' ')}</span>
            ),
          ],
          [words.replicas, format.number(template.replicas)],
          [words.retries, format.number(template.retries)],
          [words.timeout, timeoutMs === null ? words.noLimit : format.duration(timeoutMs)],
          [words.grace, format.duration(template.graceMs)],
          [words.concurrency, concurrencyText(template.concurrency, words)],
          [words.timezone, template.timezone],
          [words.notActedOn, notActedOn.length === 0 ? null : notActedOn.join(', ')],
          [words.variables, <Variables key="variables" env={env} />],
        ]}
      />
    </Section>
  );
}

function concurrencyText(policy: string, words: ReturnType<typeof useTemplateWords>): string {
  const { concurrencies } = words;
  return Object.hasOwn(concurrencies, policy)
    ? concurrencies[policy as keyof typeof concurrencies]
    : policy;
}

/** As the server masks them elsewhere. */
const secretName = /pass|secret|token|credential|private_?key|access_?key|api_?key|_(?:pwd|key)$/i;

function Variables({ env }: Pick<TemplateView, 'env'>) {
  const words = useTemplateWords();
  const [shown, setShown] = useState(false);
  const entries = Object.entries(env);
  const hides = entries.some(([name]) => secretName.test(name));
  if (entries.length === 0) return <span className="muted">{words.noVariables}</span>;
  return (
    <div className="template-variables">
      {entries.map(([name, value]) => (
        <span key={name} className="mono">
          {name}=
          {secretName.test(name) && !shown ? <em className="muted">{words.masked}</em> : value}
        </span>
      ))}
      {hides ? (
        <Button label={shown ? words.hide : words.show} onClick={() => setShown(!shown)} />
      ) : null}
    </div>
  );
}

/** The fields of its API by section, as its form has them; nothing where there is no form. */
function BySection({
  template,
  definition,
}: {
  readonly template: TemplateView;
  readonly definition: TemplateDefinitionView;
}) {
  const { may } = useRights();
  const isZh = language.use() === 'zh';
  const { form } = definition;
  // What a command is stands above already.
  const isShown = form !== null && template.dialect !== 'native';
  const { data } = useRead<FormView>(
    path`/operations/${template.dialect}/${form?.operation ?? ''}`,
    { enabled: isShown && may('GetOperation') },
  );
  if (data === undefined || form === null || !isShown) return null;
  return data.sections.map(({ key, title }) => {
    const rows = Object.entries(data.schema.properties).flatMap(([name, field]) =>
      field['x-section'] === key && field['x-fixed'] !== true
        ? factsOf(name, field, form.values[name], isZh)
        : [],
    );
    if (rows.length === 0) return null;
    return (
      <Section key={key} title={isZh ? title.zh : title.en}>
        <Facts
          rows={rows.map(([name, value]) => [
            name,
            <FieldValue key={name} name={name} value={value} />,
          ])}
        />
      </Section>
    );
  });
}

/** Fields of objects are told one by one. */
function factsOf(
  name: string,
  field: FormField | undefined,
  value: unknown,
  isZh: boolean,
): readonly (readonly [string, unknown])[] {
  if (value === undefined || value === null || value === '') return [];
  if (typeof value === 'object' && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([member, part]) =>
      factsOf(member, field?.properties?.[member], part, isZh),
    );
  }
  const title = field === undefined ? name : isZh ? field['x-zh'].title : field.title;
  return [[title, value]];
}

function FieldValue({ name, value }: { readonly name: string; readonly value: unknown }) {
  const words = useTemplateWords();
  if (typeof value === 'boolean') return value ? words.yes : words.no;
  const text = typeof value === 'string' ? pretty(value) : JSON.stringify(value, null, 2);
  if (text.includes('\n')) {
    return (
      <pre className="template-text" tabIndex={0} role="region" aria-label={name}>
        {text}
      </pre>
    );
  }
  return <span className="template-value">{text}</span>;
}

/** JSON within a text, spread out where it is long. */
function pretty(text: string): string {
  if (text.length < 60 || !/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function RawDocument({ definition }: { readonly definition: TemplateDefinitionView }) {
  const words = useTemplateWords();
  return (
    <Section title={words.document}>
      <CodeBlock text={JSON.stringify(definition.document, null, 2)} label={words.documentLabel} />
    </Section>
  );
}
