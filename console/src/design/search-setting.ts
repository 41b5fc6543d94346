import { useSearchParams } from 'wouter';

/**
 * A value that is kept in the address, so that what is shown can be linked to and the browser's
 * back button works: filters, the chosen tab. '' or the fallback is not written.
 */
export function useSearchSetting(
  name: string,
  fallback = '',
): readonly [value: string, set: (value: string) => void] {
  const [search, setSearch] = useSearchParams();
  return [
    search.get(name) ?? fallback,
    (value) =>
      setSearch(
        (before) => {
          const next = new URLSearchParams(before);
          if (value === '' || value === fallback) next.delete(name);
          else next.set(name, value);
          return next;
        },
        { replace: true },
      ),
  ];
}

/** The same for one of several values; what is none of them counts as the fallback. */
export function useSearchChoice<const T extends string>(
  name: string,
  values: readonly T[],
  fallback: T,
): readonly [value: T, set: (value: T) => void] {
  const [text, set] = useSearchSetting(name, fallback);
  return [values.find((value) => value === text) ?? fallback, set];
}
