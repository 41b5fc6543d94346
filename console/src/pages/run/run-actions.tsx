import CircleStop from 'lucide-react/icons/circle-stop';
import RotateCcw from 'lucide-react/icons/rotate-ccw';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { RunDetailView, RunView } from '../../../../src/dialects/native/views/run.ts';
import { api, path } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/dialog.tsx';
import { toast } from '../../design/toast.tsx';
import { runHref } from '../runs/paths.ts';
import { hasEnded } from './use-run.ts';
import { useRunWords } from './words.ts';

/** What can be done with a run; what the user may not do is not offered. */
export function RunActions({
  run,
  onError,
}: {
  readonly run: RunDetailView;
  readonly onError: (error: Error | null) => void;
}) {
  const words = useRunWords();
  const { may } = useRights();
  const [, navigate] = useLocation();
  const [isStopping, setIsStopping] = useState(false);
  const changes = ['/runs', '/overview', '/templates'];
  const stop = useAction(
    () => api.post(path`/runs/${run.id}/stop`),
    changes,
    () => toast(words.stopped),
  );
  const rerun = useAction(
    (failedOnly: boolean) => api.post<RunView>(path`/runs/${run.id}/rerun`, { failedOnly }),
    changes,
    (made) => {
      toast(words.rerunDone);
      navigate(runHref(made.id));
    },
  );
  const begin = (failedOnly: boolean): void => {
    onError(null);
    rerun.mutate(failedOnly, { onError });
  };
  const isOver = hasEnded(run);
  const someFailed =
    isOver && run.state !== 'succeeded' && run.succeeded > 0 && run.succeeded < run.replicas;
  return (
    <>
      {may('RerunRun') ? (
        <>
          {someFailed && !run.movesData ? (
            <Button
              label={words.rerunFailed}
              icon={RotateCcw}
              kind="primary"
              busy={rerun.isPending}
              onClick={() => begin(true)}
            />
          ) : null}
          {isOver ? (
            <Button
              label={words.rerun}
              icon={RotateCcw}
              busy={rerun.isPending}
              onClick={() => begin(false)}
            />
          ) : null}
        </>
      ) : null}
      {may('StopRun') && !isOver ? (
        <Button
          label={words.stop}
          icon={CircleStop}
          kind="danger"
          disabled={run.state === 'stopping'}
          onClick={() => setIsStopping(true)}
        />
      ) : null}
      {isStopping ? (
        <ConfirmDialog
          title={words.stopTitle}
          confirm={words.stop}
          danger
          act={() => stop.mutateAsync()}
          onClose={() => setIsStopping(false)}
        >
          <p>{words.stopText}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
