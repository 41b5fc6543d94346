import dns from 'node:dns';
import type net from 'node:net';
import { isIP } from 'node:net';
import { HostList, plainHost } from '../../../lib/host-list.ts';

/**
 * Where clouds answer with the credentials of the machine, and addresses that mean only the wire
 * this machine is on. No package lies there, so nobody can allow them.
 */
const neverFetched = new HostList(
  [
    '169.254.0.0/16',
    'fe80::/10',
    // Metadata outside of link-local: Alibaba Cloud, Azure, Oracle; AWS and Google over IPv6.
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::/32',
    'fd20:ce::254',
    // The same behind NAT64.
    '64:ff9b::a9fe:0/112',
    '64:ff9b::6464:64c8',
    '64:ff9b::a83f:8110',
    '64:ff9b::c000:c0',
  ],
  'address',
);

/**
 * Decides which addresses packages may be fetched from. Names are judged by what they resolve to,
 * at the very lookup that the connection uses, so that a name which changes its address in between
 * gains nothing.
 */
export class SourceAddresses {
  /** Null = any. */
  readonly #hosts: HostList | null;

  /**
   * @param hosts host names, addresses and networks (`10.0.0.0/8`) that packages may come from;
   *   empty = any but those that nobody can allow.
   * @throws Error naming the entry that is none of these.
   */
  constructor(hosts: readonly string[]) {
    this.#hosts = hosts.length === 0 ? null : new HostList(hosts, 'host of packages.hosts');
  }

  /** Why nothing may be fetched from a host, with the remedy; null when it may, or its name must be looked up. */
  problem(host: string): string | null {
    const name = plainHost(host);
    return isIP(name) === 0 ? null : this.#problemOf(name, name);
  }

  /** Resolves a name to those of its addresses that may be asked; an error when there is none. */
  readonly lookup: net.LookupFunction = (host, options, callback) => {
    const name = plainHost(host);
    dns.lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [], 0);
      const fit = addresses.filter(({ address }) => this.#problemOf(name, address) === null);
      const [first] = fit;
      if (first === undefined) {
        const problems = addresses.map(({ address }) => this.#problemOf(name, address));
        return callback(new Error(problems[0] ?? `${name} has no address`), [], 0);
      }
      if (options.all === true) callback(null, fit);
      else callback(null, first.address, first.family);
    });
  };

  #problemOf(name: string, address: string): string | null {
    const [bare = ''] = address.split('%');
    const shown = name === address ? name : `${name} (${address})`;
    if (neverFetched.hasAddress(bare)) {
      return `${shown} is link-local or serves metadata of the cloud; no package is fetched there`;
    }
    if (this.#hosts === null || this.#hosts.hasName(name) || this.#hosts.hasAddress(bare)) {
      return null;
    }
    return `${shown} is not among packages.hosts; add it there, or use another address`;
  }
}
