import type { LucideIcon } from 'lucide-react';
import Ban from 'lucide-react/icons/ban';
import Check from 'lucide-react/icons/check';
import Clock from 'lucide-react/icons/clock';
import LoaderCircle from 'lucide-react/icons/loader-circle';
import Pause from 'lucide-react/icons/pause';
import CircleQuestionMark from 'lucide-react/icons/circle-question-mark';
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import X from 'lucide-react/icons/x';
import type { ReactNode } from 'react';
import type { en } from './words.en.ts';
import { useDesignWords } from './words.ts';
import './state-badge.css';

/** Meaning of a colour; never told by colour alone. */
export type Tone = 'ok' | 'bad' | 'warn' | 'run' | 'idle';

/** States of anything: runs, instances, attempts, templates, keys, facts. */
export type StateName = keyof typeof en.states;

const looks: Readonly<Record<StateName, readonly [Tone, LucideIcon]>> = {
  queued: ['idle', Clock],
  starting: ['run', LoaderCircle],
  claimed: ['run', Clock],
  running: ['run', LoaderCircle],
  stopping: ['warn', LoaderCircle],
  stopped: ['idle', Ban],
  succeeded: ['ok', Check],
  failed: ['bad', X],
  canceled: ['idle', Ban],
  lost: ['bad', CircleQuestionMark],
  pending: ['idle', Clock],
  waiting: ['idle', Clock],
  active: ['ok', Check],
  suspended: ['warn', Pause],
  deleting: ['warn', LoaderCircle],
  skipped: ['idle', Ban],
  refused: ['warn', Ban],
  late: ['warn', Clock],
  enabled: ['ok', Check],
  disabled: ['idle', Ban],
  ok: ['ok', Check],
  warning: ['warn', TriangleAlert],
  unknown: ['idle', CircleQuestionMark],
};

/** Colour of a state, for what draws its own shapes. */
export function toneOf(state: string): Tone {
  return looks[known(state)][0];
}

function known(state: string): StateName {
  return Object.hasOwn(looks, state) ? (state as StateName) : 'unknown';
}

/** A state by colour, sign and word. */
export function StateBadge({ state }: { readonly state: string }) {
  const words = useDesignWords();
  const name = known(state);
  const [tone, Icon] = looks[name];
  return (
    <span className={`badge badge-${tone}`} data-state={state}>
      <Icon aria-hidden="true" />
      {words.states[name]}
    </span>
  );
}

/** Any other short mark. */
export function Badge({
  tone = 'idle',
  children,
}: {
  readonly tone?: Tone;
  readonly children: ReactNode;
}) {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}
