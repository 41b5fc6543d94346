import type { LinkNamespaceList, LinkView } from '../../../../src/dialects/native/views/link.ts';
import { useRead } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';

/** Most links of a namespace that are shown or offered: the most of one page of the API. */
const maxLinks = 500;

/** Namespaces that have links, the server's own first, and kinds of links that work. */
export function useLinkNamespaces(): {
  readonly namespaces: LinkNamespaceList['rows'];
  readonly kinds: readonly string[];
  readonly region: string;
} {
  const { session } = useSession();
  const { data } = useRead<LinkNamespaceList>('/link-namespaces');
  const region = session?.region ?? '';
  const rows = data?.rows ?? [];
  const own = rows.find((row) => row.namespace === region) ?? {
    namespace: region,
    name: '',
    links: 0,
  };
  return {
    region,
    kinds: data?.kinds ?? [],
    namespaces: [own, ...rows.filter((row) => row !== own)],
  };
}

/** Links of a namespace, by name. */
export function useLinksOf(namespace: string) {
  const list = useRead<{ readonly rows: readonly LinkView[]; readonly total: number }>('/links', {
    query: { namespace, limit: maxLinks },
    enabled: namespace !== '',
    keepPrevious: true,
  });
  const rows = (list.data?.rows ?? []).toSorted((a, b) => a.name.localeCompare(b.name));
  return { ...list, rows };
}

/** What a namespace is called: a cluster of CDM by its name, since ids tell nobody anything. */
export function placeName({ namespace, name }: LinkNamespaceList['rows'][number]): string {
  return name === '' ? namespace : name;
}

/** Namespaces to choose from, the chosen one among them though it has no links. */
export function withNamespace(
  namespaces: readonly (readonly [namespace: string, name: string])[],
  chosen: string,
): readonly (readonly [namespace: string, name: string])[] {
  return namespaces.some(([namespace]) => namespace === chosen)
    ? namespaces
    : [[chosen, chosen], ...namespaces];
}
