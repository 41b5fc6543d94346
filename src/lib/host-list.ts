import net from 'node:net';

/** Hosts that somebody listed: by name, by address, or by network. */
export class HostList {
  readonly #names = new Set<string>();
  readonly #networks = new net.BlockList();

  /**
   * @param entries addresses (`10.0.0.7`), networks (`10.0.0.0/8`) and host names
   *   (`reports.internal`).
   * @param what what an entry is, for errors, e.g. `allowed address`.
   * @throws Error naming the entry that is none of these.
   */
  constructor(entries: readonly string[], what: string) {
    for (const entry of entries) this.#add(entry, what);
  }

  /** Whether the host is listed by this name, in the form of `plainHost`. */
  hasName(name: string): boolean {
    return this.#names.has(name);
  }

  /** Whether the address is listed, or in a listed network. IPv6 without its zone. */
  hasAddress(address: string): boolean {
    return this.#networks.check(address, net.isIPv6(address) ? 'ipv6' : 'ipv4');
  }

  #add(entry: string, what: string): void {
    const [address = '', prefix, more] = entry.split('/');
    const family = net.isIP(address);
    const most = family === 6 ? 128 : 32;
    const bits = Number(prefix ?? most);
    const isNetwork = prefix === undefined || (/^\d{1,3}$/.test(prefix) && bits <= most);
    if (family !== 0 && more === undefined && isNetwork) {
      this.#networks.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
    } else if (family === 0 && prefix === undefined && /^[a-z0-9_.-]+$/i.test(address)) {
      this.#names.add(plainHost(address));
    } else {
      throw new Error(
        `${what} ${JSON.stringify(entry)} is no address, network or host name; write it like 10.0.0.7, 10.0.0.0/8 or reports.internal`,
      );
    }
  }
}

/** Lower case, without the brackets of IPv6 and the dot of the root. */
export function plainHost(host: string): string {
  return host.toLowerCase().replace(/^\[|\]$|\.$/g, '');
}
