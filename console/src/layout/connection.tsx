import { useQueryClient } from '@tanstack/react-query';
import Wifi from 'lucide-react/icons/wifi';
import WifiOff from 'lucide-react/icons/wifi-off';
import { useEffect } from 'react';
import { api } from '../api/client.ts';
import { useConnection } from '../api/connection.ts';
import { useLayoutWords } from './words.ts';

const lookAgainMs = 1_500;
const lookTimeoutMs = 3_000;

/** Tells that the server does not answer, and when it does again. */
export function Connection() {
  const words = useLayoutWords();
  const state = useConnection();
  const client = useQueryClient();
  useEffect(() => {
    if (state !== 'lost') return undefined;
    // Any answer heals the connection, a refusal too.
    const timer = window.setInterval(() => {
      void api.get('/session', { timeoutMs: lookTimeoutMs }).catch(() => {});
    }, lookAgainMs);
    return () => window.clearInterval(timer);
  }, [state, client]);
  return (
    <div className={`shell-connection shell-connection-${state}`} role="status" aria-live="polite">
      {state === 'lost' ? (
        <>
          <WifiOff aria-hidden="true" />
          {words.connectionLost}
        </>
      ) : null}
      {state === 'healed' ? (
        <>
          <Wifi aria-hidden="true" />
          {words.connectionHealed}
        </>
      ) : null}
    </div>
  );
}
