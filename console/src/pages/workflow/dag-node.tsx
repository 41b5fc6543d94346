import type { MouseEvent } from 'react';
import { useLocation } from 'wouter';
import { fitting, nodeHeight, nodeWidth } from './dag-layout.ts';

/** One job of the graph. */
export interface DagNode {
  readonly id: string;
  readonly name: string;
  /** Second line, e.g. the state or the kind of job. */
  readonly line: string;
  /** State of its run; null = the graph of a definition. */
  readonly state: string | null;
  /** A page of ours; null = it leads nowhere. */
  readonly href: string | null;
}

/** Characters that a line of a node has room for. */
const room = 20;

const tones: Readonly<Record<string, string>> = {
  succeeded: 'ok',
  failed: 'bad',
  running: 'run',
  queued: 'queued',
  canceled: 'idle',
  skipped: 'skipped',
  waiting: 'waiting',
};

/** One node: its colour, its sign and its words each tell the state. */
export function DagNodeBox({
  node,
  x,
  y,
  after,
}: {
  readonly node: DagNode;
  /** Its middle. */
  readonly x: number;
  readonly y: number;
  /** What it depends on, in words; may be empty. */
  readonly after: string;
}) {
  const [, navigate] = useLocation();
  const { id, name, line, state, href } = node;
  const label = [name, line, after].filter((text) => text !== '').join(', ');
  const className = `dag-node dag-node-${state === null ? 'plain' : (tones[state] ?? 'waiting')}`;
  const place = `translate(${x - nodeWidth / 2},${y - nodeHeight / 2})`;
  const content = (
    <>
      <title>{label}</title>
      <rect className="dag-box" width={nodeWidth} height={nodeHeight} rx={6} />
      {state === null ? null : <Sign state={state} />}
      <text className="dag-name" x={state === null ? 14 : 38} y={23}>
        {fitting(name, state === null ? room + 3 : room)}
      </text>
      <text className="dag-line" x={state === null ? 14 : 38} y={41}>
        {fitting(line, state === null ? room + 5 : room + 2)}
      </text>
    </>
  );
  if (href === null) {
    return (
      <g className={className} transform={place} data-node={id} role="img" tabIndex={0}>
        {content}
      </g>
    );
  }
  const open = (event: MouseEvent): void => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    navigate(href);
  };
  return (
    <g transform={place}>
      <a className={className} href={href} data-node={id} onClick={open}>
        {content}
      </a>
    </g>
  );
}

/** The state as a shape, for those who do not tell colours apart. */
function Sign({ state }: { readonly state: string }) {
  return (
    <g className="dag-sign" transform="translate(20,27)" aria-hidden="true">
      {shapeOf(state)}
    </g>
  );
}

function shapeOf(state: string) {
  switch (state) {
    case 'succeeded':
      return (
        <>
          <circle r={9} />
          <path className="dag-mark" d="M-4,0L-1,3.5L4.5,-3.5" />
        </>
      );
    case 'failed':
      return (
        <>
          <path d="M-3.8,-9H3.8L9,-3.8V3.8L3.8,9H-3.8L-9,3.8V-3.8z" />
          <path className="dag-mark" d="M-3.5,-3.5L3.5,3.5M3.5,-3.5L-3.5,3.5" />
        </>
      );
    case 'running':
      return <path d="M-6,-8.5L9,0L-6,8.5z" />;
    case 'canceled':
      return <rect x={-8} y={-8} width={16} height={16} rx={2} />;
    case 'skipped':
      return <path d="M-9,-7L-1,0L-9,7zM0,-7L8,0L0,7z" />;
    case 'queued':
      return (
        <>
          <circle className="dag-hollow" r={8} />
          <path className="dag-hollow" d="M0,-4.5V0L3.5,2" />
        </>
      );
    default:
      return <circle className="dag-hollow" r={8} strokeDasharray="3 2.3" />;
  }
}
