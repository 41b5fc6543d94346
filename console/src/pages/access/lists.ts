import type { UseQueryResult } from '@tanstack/react-query';
import type { PolicyView, UserView } from '../../../../src/dialects/native/views/access.ts';
import { useRead } from '../../api/queries.ts';
import { useRights } from '../../api/session.ts';
import type { TableList } from '../../design/data-table.tsx';

interface Rows<R> {
  readonly rows: readonly R[];
}

/** Users, as far as the signed-in user may list them. */
export function useUsers(): readonly UserView[] {
  const { may } = useRights();
  return useRead<Rows<UserView>>('/users', { enabled: may('ListUsers') }).data?.rows ?? [];
}

/** Policies, as far as the signed-in user may list them. */
export function usePolicies(): readonly PolicyView[] {
  const { may } = useRights();
  return useRead<Rows<PolicyView>>('/policies', { enabled: may('ListPolicies') }).data?.rows ?? [];
}

/** A list that comes whole, for a table; `fits` filters it. */
export function tableOf<R>(read: UseQueryResult<Rows<R>>, fits: (row: R) => boolean): TableList<R> {
  return {
    rows: (read.data?.rows ?? []).filter(fits),
    isLoading: read.isLoading,
    error: read.error,
    refetch: () => void read.refetch(),
  };
}

/** Whether one of the texts holds the words that are searched. */
export function holds(search: string, ...texts: readonly string[]): boolean {
  const wanted = search.trim().toLowerCase();
  return texts.some((text) => text.toLowerCase().includes(wanted));
}
