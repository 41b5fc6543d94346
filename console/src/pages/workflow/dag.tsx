import { type ComponentProps, lazy, Suspense } from 'react';
import { Skeleton } from '../../design/skeleton.tsx';
import type View from './dag-view.tsx';

/** The layout of graphs is a chunk of its own. */
const DagView = lazy(() => import('./dag-view.tsx'));

/** A graph of jobs. */
export function Dag(props: ComponentProps<typeof View>) {
  return (
    <Suspense fallback={<Skeleton rows={5} />}>
      <DagView {...props} />
    </Suspense>
  );
}
