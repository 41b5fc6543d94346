import net from 'node:net';
import os from 'node:os';

/** Longest address that is looked at. */
const maxAddressChars = 512;

/** An executor's address as this server calls it. */
export interface ExecutorAddress {
  /** Base URL with a slash at its end. */
  readonly url: string;
  /** IP address, or a host name that was allowed. IPv6 without brackets. */
  readonly ip: string;
  readonly port: number;
}

/**
 * Decides which addresses this server will call. Whoever registers gives a URL of their choice, so
 * only http(s) is taken, and of hosts only the caller itself, this machine for callers on it, and
 * what the operator allowed (workers.md §1.9).
 */
export class AddressRules {
  readonly #names = new Set<string>();
  readonly #nets = new net.BlockList();

  /**
   * @param allowed addresses (`10.0.0.7`), ranges (`10.0.0.0/8`), or host names.
   * @throws Error naming the entry that is none of these.
   */
  constructor(allowed: readonly string[]) {
    for (const entry of allowed) {
      const [address = '', prefix] = entry.split('/');
      const family = net.isIP(address);
      const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix);
      if (
        family !== 0 &&
        Number.isInteger(bits) &&
        bits >= 0 &&
        bits <= (family === 6 ? 128 : 32)
      ) {
        this.#nets.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
      } else if (family === 0 && prefix === undefined && /^[a-z0-9_.-]+$/i.test(address)) {
        this.#names.add(address.toLowerCase());
      } else {
        throw new Error(
          `allowed worker address ${JSON.stringify(entry)} is no address, range or host name; write it like 10.0.0.7, 10.0.0.0/8 or worker.example`,
        );
      }
    }
  }

  /** The address to call, or why it is refused, with the remedy. */
  read(value: string, callerIp: string): ExecutorAddress | { readonly problem: string } {
    const address = parse(value);
    if (address === null) {
      return { problem: 'registryValue must be an address like http://10.0.0.7:9999/' };
    }
    if (this.#allows(address.ip) || isCaller(address.ip, plain(callerIp))) return address;
    return {
      problem: `the address ${address.ip} is neither the one that this registration came from (${plain(callerIp)}) nor allowed; register the executor's own address, or allow it in the server's configuration`,
    };
  }

  #allows(host: string): boolean {
    const family = net.isIP(host);
    if (family === 0) return this.#names.has(host);
    return this.#nets.check(host, family === 6 ? 'ipv6' : 'ipv4');
  }
}

function parse(value: string): ExecutorAddress | null {
  if (value.length > maxAddressChars || !URL.canParse(value)) return null;
  const url = new URL(value);
  const { protocol, username, password, search, hash, hostname } = url;
  if (protocol !== 'http:' && protocol !== 'https:') return null;
  if (username !== '' || password !== '' || search !== '' || hash !== '') return null;
  const base = url.href.endsWith('/') ? url.href : `${url.href}/`;
  const port = url.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(url.port);
  return port === 0 ? null : { url: base, ip: plain(hostname), port };
}

/** A caller on this machine may give any address of this machine; others only their own. */
function isCaller(ip: string, callerIp: string): boolean {
  if (ip === callerIp) return net.isIP(ip) !== 0;
  return isOurs(callerIp) && isOurs(ip);
}

function isOurs(ip: string): boolean {
  if (ip === '::1' || (net.isIPv4(ip) && ip.startsWith('127.'))) return true;
  return Object.values(os.networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === ip),
  );
}

/** Without brackets, and IPv4 as IPv4. */
function plain(host: string): string {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  const hex = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(bare);
  if (hex === null) return bare;
  const [high, low] = [Number.parseInt(hex[1] ?? '', 16), Number.parseInt(hex[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
