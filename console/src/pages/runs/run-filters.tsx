import X from 'lucide-react/icons/x';
import { useEffect, useRef, useState } from 'react';
import { Button } from '../../design/button.tsx';
import { Input, SearchInput, Select } from '../../design/field.tsx';
import { Toolbar } from '../../design/page.tsx';
import { useDesignWords } from '../../design/words.ts';
import { isFiltered, runDialects, runStates, runTimes, runTriggers } from './run-filter.ts';
import type { RunFilterSetting } from './use-run-filter.ts';
import { useRunsWords } from './words.ts';

/** Pause in typing after which is searched. */
const typingMs = 250;

/** What narrows the list of runs. */
export function RunFilters({
  setting,
  templateName,
}: {
  readonly setting: RunFilterSetting;
  /** Of the template that is asked for, when it is known. */
  readonly templateName: string;
}) {
  const words = useRunsWords();
  const { filter, time, set, clear } = setting;
  return (
    <>
      <Toolbar label={words.filters}>
        <TypedSearch value={filter.search} onSettled={(q) => set({ q })} />
        <Select
          label={words.trigger}
          value={filter.trigger}
          onChange={(trigger) => set({ trigger })}
          options={[
            ['', words.anyTrigger],
            ...runTriggers.map((name) => [name, words.triggers[name]] as const),
          ]}
        />
        <Select
          label={words.dialect}
          value={filter.dialect}
          onChange={(dialect) => set({ dialect })}
          options={[
            ['', words.anyDialect],
            ...runDialects.map((name) => [name, words.dialects[name]] as const),
          ]}
        />
        <Select
          label={words.time}
          value={time}
          onChange={(next) => set({ time: next === 'any' ? '' : next, from: '', until: '' })}
          options={runTimes.map((name) => [name, words.times[name]] as const)}
        />
        {time === 'between' ? <Between setting={setting} /> : null}
      </Toolbar>
      <Toolbar label={words.states}>
        <States setting={setting} />
        {filter.template === '' ? null : (
          <Button
            label={words.template(templateName)}
            icon={X}
            title={words.removeTemplate}
            onClick={() => set({ template: '' })}
          />
        )}
        {filter.namespace === '' ? null : (
          <Button
            label={`${words.namespace}: ${filter.namespace}`}
            icon={X}
            onClick={() => set({ namespace: '' })}
          />
        )}
        {isFiltered(filter) ? <Button label={words.clear} kind="ghost" onClick={clear} /> : null}
      </Toolbar>
    </>
  );
}

/** Buttons that stay pressed, one for each state; none pressed = all states. */
function States({ setting: { filter, set } }: { readonly setting: RunFilterSetting }) {
  const { states: names } = useDesignWords();
  return (
    <div className="runs-states">
      {runStates.map((state) => {
        const isOn = filter.states.includes(state);
        const next = isOn
          ? filter.states.filter((other) => other !== state)
          : [...filter.states, state];
        return (
          <button
            key={state}
            type="button"
            className="runs-state"
            aria-pressed={isOn}
            onClick={() => set({ state: next.join(',') })}
          >
            {names[state]}
          </button>
        );
      })}
    </div>
  );
}

/** A time as `<input type="datetime-local">` writes it, in the browser's zone. */
function localText(ms: number | null): string {
  if (ms === null) return '';
  const offsetMs = new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(ms - offsetMs).toISOString().slice(0, 16);
}

function Between({ setting: { filter, set } }: { readonly setting: RunFilterSetting }) {
  const words = useRunsWords();
  return (
    <div className="runs-between">
      <Input
        type="datetime-local"
        label={words.from}
        value={localText(filter.fromMs)}
        onChange={(from) => set({ from })}
      />
      <span aria-hidden="true">–</span>
      <Input
        type="datetime-local"
        label={words.until}
        value={localText(filter.untilMs)}
        onChange={(until) => set({ until })}
      />
    </div>
  );
}

/** Searches after a pause in typing, not at each letter. */
function TypedSearch({
  value,
  onSettled,
}: {
  readonly value: string;
  readonly onSettled: (value: string) => void;
}) {
  const words = useRunsWords();
  const [text, setText] = useState(value);
  const settled = useRef(value);
  useEffect(() => {
    // Changed elsewhere: by "clear", or by going back.
    if (value !== settled.current) {
      settled.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => {
    if (text.trim() === settled.current) return undefined;
    const timer = window.setTimeout(() => {
      settled.current = text.trim();
      onSettled(settled.current);
    }, typingMs);
    return () => window.clearTimeout(timer);
  }, [text, onSettled]);
  return <SearchInput value={text} onChange={setText} label={words.search} />;
}
