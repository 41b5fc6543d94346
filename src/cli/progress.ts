/** How far a step is; `total` 0 = unknown. */
interface Step {
  readonly step: string;
  readonly done: number;
  readonly total: number;
}

const BAR_WIDTH = 24;
/** Shortest pause between two drawings. */
const REDRAW_MS = 50;

/** A bar on standard error that redraws its line; silent where that is no terminal. */
export function progressBar(out: NodeJS.WriteStream = process.stderr): {
  update(step: Step): void;
  /** Removes the line. */
  end(): void;
} {
  let drawnAtMs = Number.NEGATIVE_INFINITY;
  return {
    update({ step, done, total }) {
      const nowMs = performance.now();
      if (!out.isTTY || nowMs - drawnAtMs < REDRAW_MS) return;
      drawnAtMs = nowMs;
      const share = total === 0 ? 0 : Math.min(done / total, 1);
      const full = Math.round(share * BAR_WIDTH);
      const bar = '#'.repeat(full) + '.'.repeat(BAR_WIDTH - full);
      out.write(`\r\u001b[2K[${bar}] ${Math.floor(share * 100)}%  ${step}  ${done}/${total}`);
    },
    end() {
      if (out.isTTY && drawnAtMs > 0) out.write('\r\u001b[2K');
    },
  };
}
