import { useQuery } from '@tanstack/react-query';
import type { SessionInput, SessionView } from '../../../src/dialects/native/views/session.ts';
import { api, whenUnauthenticated } from './client.ts';
import { ApiError } from './problem.ts';
import { queryClient } from './queries.ts';

export type { SessionInput, SessionView };

const sessionKey = ['session'] as const;

/** Rights change rarely, but this is also how a page that asks for nothing sees a lost server. */
const staleAfterMs = 20_000;

async function readSession(signal?: AbortSignal): Promise<SessionView | null> {
  try {
    return await api.get<SessionView>('/session', signal === undefined ? {} : { signal });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

/** Who is signed in: undefined while unknown, null when nobody is. */
export function useSession(): {
  readonly session: SessionView | null | undefined;
  readonly error: Error | null;
} {
  const { data, error } = useQuery({
    queryKey: sessionKey,
    queryFn: ({ signal }) => readSession(signal),
    staleTime: staleAfterMs,
    refetchInterval: staleAfterMs,
    gcTime: Infinity,
  });
  return { session: data, error };
}

/** What the signed-in user may do. */
export interface Rights {
  /** Whether any policy could allow the operation; the server still decides for each resource. */
  may(operation: string): boolean;
}

export function useRights(): Rights {
  const { session } = useSession();
  return { may: (operation) => session?.rights[operation] === true };
}

/** @throws ApiError when the server refuses. */
export async function signIn(input: SessionInput): Promise<void> {
  const session = await api.post<SessionView>('/session', input);
  forgetAllBut(session);
}

/** Ends the session; the console shows the sign-in page. */
export async function signOut(): Promise<void> {
  await api.delete('/session');
  forgetAllBut(null);
}

/** Nothing that one user has read may be shown to another. */
function forgetAllBut(session: SessionView | null): void {
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
  queryClient.setQueryData(sessionKey, session);
}

whenUnauthenticated(() => {
  queryClient.setQueryData(sessionKey, null);
});
