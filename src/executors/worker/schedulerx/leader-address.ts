import net from 'node:net';

/**
 * Where a worker is told to connect to (workers.md §4): the configured address, else the host that
 * it asked. A configured host without a port gets the TCP port.
 * @param host the request's Host header. @param port where workers are listened to; null = nowhere.
 * @returns `host:port`; null when there is none to tell.
 */
export function leaderAddress(
  advertised: string | undefined,
  host: string,
  port: number | null,
): string | null {
  if (advertised !== undefined && advertised !== '') {
    if (net.isIPv6(advertised)) return port === null ? null : `[${advertised}]:${port}`;
    if (/:\d+$/.test(advertised)) return advertised;
    return port === null ? null : `${advertised}:${port}`;
  }
  const name = /^(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/.exec(host)?.[1];
  return name === undefined || port === null ? null : `${name}:${port}`;
}
