import Maximize from 'lucide-react/icons/maximize';
import ZoomIn from 'lucide-react/icons/zoom-in';
import ZoomOut from 'lucide-react/icons/zoom-out';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { Button } from '../../design/button.tsx';
import { type DagNode, DagNodeBox } from './dag-node.tsx';
import { type DagLayout, layoutDag, pathOf } from './dag-layout.ts';
import { useWorkflowWords } from './words.ts';
import './dag.css';

const scales = { least: 0.3, leastFitted: 0.6, most: 1.6, step: 1.2 } as const;
/** Below this width of the screen the graph runs downwards. */
const narrowQuery = '(max-width: 720px)';

/** A graph of jobs, drawn by us; a list of the same stands beside it where it is used. */
export default function DagView({
  name,
  nodes,
  edges,
}: {
  readonly name: string;
  readonly nodes: readonly DagNode[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}) {
  const words = useWorkflowWords().dag;
  const arrow = useId();
  const frame = useRef<HTMLDivElement>(null);
  const [scale, setScale] = useState<number | null>(null);
  const direction = useDirection();
  // States change while it is looked at, the graph does not: then it is not laid out again.
  const shape = JSON.stringify({ nodes: nodes.map(({ id }) => id), edges, direction });
  const placed = useMemo(() => layoutOf(shape), [shape]);
  const width = useWidth(frame);
  const fitted = Math.max(scales.leastFitted, Math.min(1, (width - 2) / Math.max(1, placed.width)));
  const shown = scale ?? fitted;
  const zoom = (factor: number): void =>
    setScale(Math.max(scales.least, Math.min(scales.most, shown * factor)));
  const byId = new Map(nodes.map((node) => [node.id, node] as const));
  const namesBefore = (id: string): string =>
    edges
      .filter(({ to }) => to === id)
      .map(({ from }) => byId.get(from)?.name ?? from)
      .join(', ');
  return (
    <div className="dag">
      <div className="dag-tools" role="group" aria-label={words.tools}>
        <Button
          label={words.zoomOut}
          icon={ZoomOut}
          iconOnly
          onClick={() => zoom(1 / scales.step)}
        />
        <Button label={words.zoomIn} icon={ZoomIn} iconOnly onClick={() => zoom(scales.step)} />
        <Button label={words.fit} icon={Maximize} iconOnly onClick={() => setScale(null)} />
      </div>
      <div
        className="dag-frame"
        ref={frame}
        role="group"
        aria-label={words.label(name)}
        tabIndex={0}
      >
        <svg
          width={placed.width * shown}
          height={placed.height * shown}
          viewBox={`0 0 ${placed.width} ${placed.height}`}
          onKeyDown={(event) => moveAlongEdges(event, edges)}
        >
          <defs>
            <marker
              id={arrow}
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto"
            >
              <path className="dag-arrow" d="M0,0L8,4L0,8z" />
            </marker>
          </defs>
          {placed.edges.map(({ from, to, points }) => (
            <path
              key={`${from} ${to}`}
              className={
                byId.get(from)?.state === 'succeeded' ? 'dag-edge dag-edge-passed' : 'dag-edge'
              }
              d={pathOf(points)}
              markerEnd={`url(#${arrow})`}
            />
          ))}
          {placed.nodes.map(({ id, x, y }) => {
            const node = byId.get(id);
            if (node === undefined) return null;
            const before = namesBefore(id);
            return (
              <DagNodeBox
                key={id}
                node={node}
                x={x}
                y={y}
                after={before === '' ? '' : words.after(before)}
              />
            );
          })}
        </svg>
      </div>
    </div>
  );
}

function layoutOf(shape: string): DagLayout {
  const { nodes, edges, direction } = JSON.parse(shape) as {
    readonly nodes: readonly string[];
    readonly edges: readonly { readonly from: string; readonly to: string }[];
    readonly direction: 'LR' | 'TB';
  };
  return layoutDag(nodes, edges, direction);
}

function useDirection(): 'LR' | 'TB' {
  const [narrow, setNarrow] = useState(() => window.matchMedia(narrowQuery).matches);
  useEffect(() => {
    const media = window.matchMedia(narrowQuery);
    const change = (): void => setNarrow(media.matches);
    media.addEventListener('change', change);
    return () => media.removeEventListener('change', change);
  }, []);
  return narrow ? 'TB' : 'LR';
}

/** Width of the room that there is, in CSS pixels. */
function useWidth(frame: { readonly current: HTMLDivElement | null }): number {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame]);
  return width;
}

const forwards = new Set(['ArrowRight', 'ArrowDown']);
const backwards = new Set(['ArrowLeft', 'ArrowUp']);

/** Arrows lead to what comes after or before a node; Home and End to the first and the last. */
function moveAlongEdges(
  event: KeyboardEvent<SVGSVGElement>,
  edges: readonly { readonly from: string; readonly to: string }[],
): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const links = [...event.currentTarget.querySelectorAll<SVGElement>('[data-node]')];
  const at = (event.target as Element).closest<SVGElement>('[data-node]');
  const id = at?.dataset['node'];
  if (id === undefined) return;
  const next = forwards.has(event.key)
    ? edges.find(({ from }) => from === id)?.to
    : backwards.has(event.key)
      ? edges.find(({ to }) => to === id)?.from
      : undefined;
  const target =
    event.key === 'Home'
      ? links[0]
      : event.key === 'End'
        ? links.at(-1)
        : links.find((link) => link.dataset['node'] === next);
  if (target === undefined || (next === undefined && !['Home', 'End'].includes(event.key))) return;
  event.preventDefault();
  target.focus();
}
