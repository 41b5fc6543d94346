import { type ComponentProps, Suspense } from 'react';
import { lazyChunk } from '../../api/chunk.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import type View from './dag-view.tsx';

/** The layout of graphs is a chunk of its own. */
const DagView = lazyChunk(() => import('./dag-view.tsx'));

/** A graph of jobs. */
export function Dag(props: ComponentProps<typeof View>) {
  return (
    <Suspense fallback={<Skeleton rows={5} />}>
      <DagView {...props} />
    </Suspense>
  );
}
