import { lazyChunk } from '../../api/chunk.ts';
import { Skeleton } from '../../design/skeleton.tsx';

/** A graph of jobs; its layout is a chunk of its own. */
export const Dag = lazyChunk(() => import('./dag-view.tsx'), <Skeleton rows={5} />);
