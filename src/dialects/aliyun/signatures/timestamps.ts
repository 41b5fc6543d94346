const isoPattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?Z$/;
const httpPattern =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** The last text read: requests of one second carry the same. */
let lastText = '';
let lastMs = Number.NaN;

/** Epoch ms of `2024-01-02T03:04:05Z`; NaN when absent or anything else. */
export function parseIsoTimestamp(text: string | undefined): number {
  if (text === undefined) return Number.NaN;
  if (text !== lastText) {
    lastMs = readIso(text);
    lastText = text;
  }
  return lastMs;
}

function readIso(text: string): number {
  const match = isoPattern.exec(text);
  if (match === null) return Number.NaN;
  return utc(match[1], Number(match[2]) - 1, match[3], match[4], match[5], match[6]);
}

/** Epoch ms of `Tue, 02 Jan 2024 03:04:05 GMT`; NaN when absent or anything else. */
export function parseHttpDate(text: string | undefined): number {
  const match = text === undefined ? null : httpPattern.exec(text);
  if (match === null) return Number.NaN;
  const month = months.indexOf(match[2] ?? '');
  if (month === -1 || month % 3 !== 0) return Number.NaN;
  return utc(match[3], month / 3, match[1], match[4], match[5], match[6]);
}

type Digits = string | undefined;

function utc(
  year: Digits,
  month: number,
  day: Digits,
  hour: Digits,
  minute: Digits,
  second: Digits,
) {
  const timeMs = Date.UTC(
    Number(year),
    month,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  // Date.UTC carries over: the 31st of June must not pass as the 1st of July.
  const date = new Date(timeMs);
  const exact =
    date.getUTCMonth() === month &&
    date.getUTCDate() === Number(day) &&
    date.getUTCHours() === Number(hour) &&
    date.getUTCMinutes() === Number(minute);
  return exact ? timeMs : Number.NaN;
}
