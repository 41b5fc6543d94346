import { useDesignWords } from './words.ts';
import './skeleton.css';

/** Stands where content will be. */
export function Skeleton({ rows = 4 }: { readonly rows?: number }) {
  const words = useDesignWords();
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">{words.loading}</span>
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} className="skeleton-line" />
      ))}
    </div>
  );
}
