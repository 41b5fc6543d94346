import dns from 'node:dns';
import net from 'node:net';
import { HostList, plainHost } from '../../lib/host-list.ts';

/**
 * Networks that are nobody's on the public Internet, or that lead back to this machine or its
 * surroundings (IANA special-purpose registries).
 */
const specialNetworks: readonly (readonly [string, number, 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.88.99.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  // Of IPv6 only 2000::/3 is global; these parts of it are not, or carry an IPv4 address.
  ['2001::', 23, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['2002::', 16, 'ipv6'],
  ['3fff::', 20, 'ipv6'],
];

const special = new net.BlockList();
for (const network of specialNetworks) special.addSubnet(...network);
const routed = new net.BlockList();
routed.addSubnet('0.0.0.0', 0, 'ipv4');
routed.addSubnet('2000::', 3, 'ipv6');

/** What `http.request` takes as `lookup`. */
export type Lookup = net.LookupFunction;

/**
 * Decides which addresses jobs may have this server call: those of the public Internet, and what
 * the operator allowed. Names are judged by what they resolve to, at the very lookup that the
 * connection uses, so that a name which changes its address in between gains nothing.
 */
export class AddressPolicy {
  readonly #any: boolean;
  readonly #allowed: HostList;

  /**
   * @param allow `any`, or further addresses (`10.0.0.7`), networks (`10.0.0.0/8`) and host names
   *   with whatever they resolve to (`reports.internal`).
   * @throws Error naming the entry that is none of these.
   */
  constructor(allow: 'any' | readonly string[]) {
    this.#any = allow === 'any';
    this.#allowed = new HostList(allow === 'any' ? [] : allow, 'allowed address');
  }

  /** Why a host must not be called, with the remedy; null when it may, or its name must be looked up. */
  problem(host: string): string | null {
    const name = plainHost(host);
    if (net.isIP(name) === 0 || this.#allows(name)) return null;
    return `the address ${name} is private; ${remedy}`;
  }

  /** Resolves a name to those of its addresses that may be called; an error when there is none. */
  readonly lookup: Lookup = (host, options, callback) => {
    const name = plainHost(host);
    dns.lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [], 0);
      const fit = this.#allowed.hasName(name)
        ? addresses
        : addresses.filter(({ address }) => this.#allows(address));
      const [first] = fit;
      if (first === undefined) {
        const words = addresses.map(({ address }) => address).join(', ');
        return callback(new Error(`${name} is ${words}, which is private; ${remedy}`), [], 0);
      }
      if (options.all === true) callback(null, fit);
      else callback(null, first.address, first.family);
    });
  };

  #allows(address: string): boolean {
    if (this.#any) return true;
    const family = net.isIPv6(address) ? 'ipv6' : 'ipv4';
    const [bare = ''] = address.split('%');
    if (this.#allowed.hasAddress(bare)) return true;
    // Written as IPv6, an IPv4 address is of no network that is global.
    if (family === 'ipv6' && bare.startsWith('::')) return false;
    return routed.check(bare, family) && !special.check(bare, family);
  }
}

const remedy = 'use a public one, or allow it in the configuration of the server';
