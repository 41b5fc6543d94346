import Anser, { type AnserJsonEntry } from 'anser';
import { type CSSProperties, memo } from 'react';

/** What marks a control sequence; lines without one are shown as they are. */
const escape = '\u001b';

/** Other control characters, which a browser shows as nothing or as boxes. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const controls = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f]/g;
/** Sequences that move the cursor or name the window; only colours mean something here. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const otherSequences = /\u001b(?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\[[0-9;?]*[A-Za-ln-z])/g;

/**
 * A line with its ANSI colours. Everything becomes text: nothing that a program writes is ever
 * markup here.
 */
export const AnsiLine = memo(function AnsiLine({ text }: { readonly text: string }) {
  if (!text.includes(escape)) return text.replace(controls, '\ufffd');
  const entries = Anser.ansiToJson(text.replace(otherSequences, ''), {
    json: true,
    use_classes: true,
    remove_empty: true,
  });
  return entries.map((entry, index) => {
    const content = entry.content.replaceAll(escape, '').replace(controls, '\ufffd');
    const classes = classesOf(entry);
    const style = styleOf(entry);
    if (classes === '' && style === undefined) return content;
    return (
      // Parts of a line have no name but their place.
      // oxlint-disable-next-line react/no-array-index-key
      <span key={index} className={classes} style={style}>
        {content}
      </span>
    );
  });
});

function classesOf(entry: AnserJsonEntry): string {
  const { fg, bg, fg_truecolor, bg_truecolor, decorations } = entry;
  const isNamed = (name: string): boolean =>
    /^ansi-(bright-)?[a-z]+$/.test(name) && name !== 'ansi-truecolor';
  return [
    isNamed(fg) ? fg : '',
    isNamed(bg) ? bg.replace('ansi-', 'ansi-bg-') : '',
    rgbOf(fg, fg_truecolor) === null ? '' : 'ansi-own-fg',
    rgbOf(bg, bg_truecolor) === null ? '' : 'ansi-own-bg',
    ...decorations.map((decoration) => `ansi-${decoration}`),
  ]
    .filter(Boolean)
    .join(' ');
}

/** Colours of the program's own; logs.css makes them readable on ours. */
function styleOf({
  fg,
  bg,
  fg_truecolor,
  bg_truecolor,
}: AnserJsonEntry): CSSProperties | undefined {
  const color = rgbOf(fg, fg_truecolor);
  const background = rgbOf(bg, bg_truecolor);
  if (color === null && background === null) return undefined;
  return {
    ...(color === null ? {} : { '--ansi-fg': color }),
    ...(background === null ? {} : { '--ansi-bg': background }),
  } as CSSProperties;
}

/** Colour of the 256 or of all; null = none of these. */
function rgbOf(name: string, trueColor: string): string | null {
  if (name === 'ansi-truecolor' && /^[\d, ]+$/.test(trueColor)) return `rgb(${trueColor})`;
  const number = Number(/^ansi-palette-(\d{1,3})$/.exec(name)?.[1] ?? Number.NaN);
  if (Number.isNaN(number) || number < 16 || number > 255) return null;
  if (number >= 232) {
    const grey = 8 + 10 * (number - 232);
    return `rgb(${grey}, ${grey}, ${grey})`;
  }
  const level = (step: number): number => (step === 0 ? 0 : 55 + 40 * step);
  const at = number - 16;
  return `rgb(${level(Math.floor(at / 36))}, ${level(Math.floor(at / 6) % 6)}, ${level(at % 6)})`;
}
