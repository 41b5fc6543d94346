import { ApiError, ConnectionError } from '../api/problem.ts';
import { Button } from './button.tsx';
import { useDesignWords } from './words.ts';
import './problem-box.css';

/** Tells an error: what was wrong, where, and what to do. Nothing when there is none. */
export function ProblemBox({
  error,
  retry,
}: {
  readonly error: Error | null | undefined;
  readonly retry?: (() => void) | undefined;
}) {
  const words = useDesignWords();
  if (error === null || error === undefined) return null;
  return (
    <div className="problem" role="alert">
      {error instanceof ApiError ? (
        <>
          <strong>{error.title}</strong>
          {error.faults.length > 0 ? (
            <ul>
              {error.faults.map((fault) => (
                <li key={`${fault.path} ${fault.code} ${fault.message}`}>
                  <code>{fault.path}</code> {fault.message}
                </li>
              ))}
            </ul>
          ) : (
            <span>{error.detail}</span>
          )}
          <span>{error.fix}</span>
          <span className="mono">
            {error.wireCode === null ? '' : `${error.wireCode} · `}
            {error.code} · {words.requestId} {error.requestId}
          </span>
        </>
      ) : error instanceof ConnectionError ? (
        <>
          <strong>{words.connectionProblem}</strong>
          <span>{words.connectionFix}</span>
        </>
      ) : (
        <>
          <strong>{words.somethingFailed}</strong>
          <span className="mono">{error.message}</span>
          <span>{words.somethingFix}</span>
        </>
      )}
      {retry === undefined ? null : <Button label={words.retry} onClick={() => retry()} />}
    </div>
  );
}
