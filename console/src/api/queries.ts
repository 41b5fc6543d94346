import {
  keepPreviousData,
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
  type UseMutationResult,
  type UseQueryResult,
} from '@tanstack/react-query';
import { api, type QueryValues } from './client.ts';
import { connection } from './connection.ts';
import { ApiError, ConnectionError } from './problem.ts';

/** Refusals that go away by themselves. */
const passingStatuses: readonly number[] = [429, 502, 503, 504];
const retryLimit = 3;

function mayRetry(failures: number, error: Error): boolean {
  if (failures >= retryLimit) return false;
  if (error instanceof ApiError) return passingStatuses.includes(error.status);
  return error instanceof ConnectionError;
}

/** One for the page. Reads are tried again, changes never: they may have been done. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The server may be on this very machine: the browser's idea of being online says nothing.
      networkMode: 'always',
      retry: mayRetry,
      retryDelay: (attempt) => Math.min(250 * 2 ** attempt, 4_000),
      staleTime: 5_000,
      gcTime: 5 * 60_000,
    },
    mutations: { networkMode: 'always', retry: false },
  },
});

// What was shown while the connection was lost may be old by now.
connection.subscribe((state) => {
  if (state === 'healed') void queryClient.invalidateQueries();
});

export interface ReadOptions {
  readonly query?: QueryValues;
  /** False = not asked for yet. */
  readonly enabled?: boolean;
  /** Asked for again after this time, while the page is seen. */
  readonly refreshMs?: number;
  /** Shows the answer to the query before until the new one is there: for filters. */
  readonly keepPrevious?: boolean;
}

/** Reads an operation: `useRead<RunView>(path`/runs/${id}`)`. */
export function useRead<T>(operationPath: string, options: ReadOptions = {}): UseQueryResult<T> {
  const { query = {}, enabled = true, refreshMs, keepPrevious = false } = options;
  return useQuery<T>({
    queryKey: [operationPath, query],
    queryFn: ({ signal }) => api.get<T>(operationPath, { query, signal }),
    enabled,
    ...(refreshMs === undefined ? {} : { refetchInterval: refreshMs }),
    ...(keepPrevious ? { placeholderData: keepPreviousData as never } : {}),
  });
}

/** A list by cursor. */
export interface CursorPage<R> {
  readonly rows: readonly R[];
  readonly nextCursor: string | null;
}

/** What `DataTable` needs of a list that grows at its end. */
export interface CursorList<R> {
  readonly rows: readonly R[];
  readonly isLoading: boolean;
  readonly error: Error | null;
  readonly hasMore: boolean;
  readonly isLoadingMore: boolean;
  loadMore(): void;
  refetch(): void;
}

/** Reads a list that is paged by cursor. */
export function useCursorList<R>(
  operationPath: string,
  { query = {}, enabled = true, refreshMs, keepPrevious = true }: ReadOptions = {},
): CursorList<R> {
  const list = useInfiniteQuery({
    queryKey: [operationPath, query, 'cursor'],
    queryFn: ({ pageParam, signal }) =>
      api.get<CursorPage<R>>(operationPath, { query: { ...query, cursor: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
    enabled,
    ...(refreshMs === undefined ? {} : { refetchInterval: refreshMs }),
    ...(keepPrevious ? { placeholderData: keepPreviousData } : {}),
  });
  return {
    rows: list.data?.pages.flatMap((page) => page.rows) ?? [],
    isLoading: list.isLoading,
    error: list.error,
    hasMore: list.hasNextPage,
    isLoadingMore: list.isFetchingNextPage,
    loadMore: () => void list.fetchNextPage(),
    refetch: () => void list.refetch(),
  };
}

/**
 * Something that changes the server: `const stop = useAction(() => api.post(path`/runs/${id}/stop`), ['/runs'])`.
 * Afterwards everything read below the given paths is read anew.
 */
export function useAction<T, V = void>(
  act: (value: V) => Promise<T>,
  changes: readonly string[],
  done?: (result: T, value: V) => void,
): UseMutationResult<T, Error, V> {
  const invalidate = useInvalidate();
  return useMutation<T, Error, V>({
    mutationFn: act,
    onSuccess: async (result, value) => {
      done?.(result, value);
      await invalidate(...changes);
    },
  });
}

/** Has everything below the given paths read anew. */
export function useInvalidate(): (...paths: readonly string[]) => Promise<void> {
  const client = useQueryClient();
  return (...paths) =>
    client.invalidateQueries({
      predicate: ({ queryKey: [first] }) =>
        typeof first === 'string' && paths.some((path) => first.startsWith(path)),
    });
}
