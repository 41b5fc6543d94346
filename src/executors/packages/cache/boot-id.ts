import { readFileSync } from 'node:fs';

/** Changes with every start of this machine; `-` where that cannot be told. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '-';
  }
}
