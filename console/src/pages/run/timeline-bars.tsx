import type { AttemptView } from '../../../../src/dialects/native/views/run.ts';
import { type Tone, toneOf } from '../../design/state-badge.tsx';
import { useFormat } from '../../i18n/format.ts';

/** The time that a timeline shows. */
export interface Scale {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Ticks of the axis, both ends included. */
const ticks = [0, 0.25, 0.5, 0.75, 1];
const barTop = 8;
const barHeight = 12;

function shareOf({ fromMs, untilMs }: Scale, atMs: number): number {
  return Math.min(1, Math.max(0, (atMs - fromMs) / (untilMs - fromMs)));
}

const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;

/** What the places along the rows mean: time since the beginning. */
export function Axis({ scale }: { readonly scale: Scale }) {
  const format = useFormat();
  const lengthMs = scale.untilMs - scale.fromMs;
  return (
    <div className="timeline-axis" aria-hidden="true">
      <svg width="100%" height="16" focusable="false">
        {ticks.map((tick) => (
          <text
            key={tick}
            x={percent(tick)}
            y="12"
            textAnchor={tick === 0 ? 'start' : tick === 1 ? 'end' : 'middle'}
          >
            {tick === 0 ? format.time(scale.fromMs) : `+${format.duration(lengthMs * tick)}`}
          </text>
        ))}
      </svg>
    </div>
  );
}

/** Attempts of an instance: waiting for the start thin, running full. */
export function Bars({
  attempts,
  scale,
}: {
  readonly attempts: readonly AttemptView[];
  readonly scale: Scale;
}) {
  return (
    <svg className="timeline-bars" width="100%" height="28" aria-hidden="true" focusable="false">
      {ticks.slice(1, -1).map((tick) => (
        <line
          key={tick}
          className="timeline-grid"
          x1={percent(tick)}
          x2={percent(tick)}
          y1="0"
          y2="28"
        />
      ))}
      {attempts.map((attempt) => {
        const claimed = shareOf(scale, attempt.claimedAtMs);
        const end = shareOf(scale, attempt.endedAtMs ?? scale.untilMs);
        const start = attempt.startedAtMs === null ? end : shareOf(scale, attempt.startedAtMs);
        return (
          <g key={attempt.id} className={`timeline-${toneOfAttempt(attempt)}`}>
            <rect
              className="timeline-claimed"
              x={percent(claimed)}
              y={barTop + barHeight / 2 - 1}
              width={percent(start - claimed)}
              height="2"
            />
            <rect
              className="timeline-bar"
              x={percent(start)}
              y={barTop}
              width={percent(Math.max(0, end - start))}
              height={barHeight}
              rx="2"
            />
            {/* However short it was, something is seen. */}
            <rect
              className="timeline-bar"
              x={percent(start)}
              y={barTop}
              width="3"
              height={barHeight}
              rx="1"
            />
          </g>
        );
      })}
    </svg>
  );
}

function toneOfAttempt({ state }: AttemptView): Tone {
  if (state === 'claimed') return 'run';
  return state === 'stopped' ? 'idle' : toneOf(state);
}
