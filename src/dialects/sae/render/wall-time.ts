/** Asia/Shanghai has had this offset, without summer time, since 1991. */
const shanghaiOffsetMs = 8 * 3_600_000;

/** `yyyy-MM-dd HH:mm:ss` in the service's zone, Asia/Shanghai (sae.md §5.4). */
export function serviceTime(ms: number): string {
  return new Date(ms + shanghaiOffsetMs).toISOString().slice(0, 19).replace('T', ' ');
}
