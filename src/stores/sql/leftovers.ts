/**
 * Common table expression `away(host)`: hosts named in `table` that no server was seen on since
 * `before`. Walks from one host to the next, so it costs by the hosts, not by the rows. The empty
 * host is none: it stands for attempts from before servers were written down.
 */
export function awayHosts(table: 'removals' | 'output_horizons', before: string): string {
  const next = (after: string): string => `(select min(host) from ${table} where host > ${after})`;
  return `recursive hosts(host) as (
      select ${next(`''`)}
      union all select ${next('hosts.host')} from hosts where hosts.host is not null),
    away(host) as (
      select hosts.host from hosts where hosts.host is not null and not exists (
        select 1 from servers s where s.host = hosts.host and (s.ended_at is null or s.ended_at >= ${before})))`;
}

/**
 * Fences of servers that ended before `before` and that no attempt refers to. The first life of
 * each host stays: it tells since when the host has been known. Looks at all attempts once.
 */
export function erasableServers(before: string): string {
  return `select s.fence from servers s where s.ended_at is not null and s.ended_at < ${before}
    and exists (select 1 from servers first where first.host = s.host and first.fence < s.fence)
    and s.fence not in (select fence from attempts)`;
}
