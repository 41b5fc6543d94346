/** Where a run is shown. */
export function runHref(run: string): string {
  return `/console/runs/${encodeURIComponent(run)}`;
}

/** Where the runs of a template are listed. */
export function runsOfHref(template: string): string {
  return `/console/runs?template=${encodeURIComponent(template)}`;
}
