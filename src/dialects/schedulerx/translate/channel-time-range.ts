import { findZone } from '../../../domain/schedule/zone.ts';
import { failures } from '../errors.ts';
import { jsonObject } from './json.ts';

/** Ways to be told. `ding` is another word for webhook. */
export const channels = ['sms', 'mail', 'phone', 'webhook', 'ding'] as const;
const maxRanges = 50;

/**
 * Checks ChannelTimeRange (schedulerx.md §5.12) and gives it back as it is read: with
 * `isUnifiedSetting`, true when its ranges stand under `all`, false when per channel (§6 #35).
 * @throws WireError business failure that says what is wrong where.
 */
export function readableTimeRange(text: string): string {
  const range = jsonObject(text);
  if (range === null) throw unfit('it must be a JSON object');
  const { sendChannel, timeRanges, timezone, webhookIsAtAll } = range;
  checkChannels(sendChannel);
  if (timezone !== undefined && (typeof timezone !== 'string' || findZone(timezone) === null)) {
    throw unfit('timezone is no time zone; write GMT+8, UTC+08:00 or Asia/Shanghai');
  }
  if (webhookIsAtAll !== undefined && !['true', 'false'].includes(String(webhookIsAtAll))) {
    throw unfit('webhookIsAtAll must be true or false');
  }
  if (typeof timeRanges !== 'object' || timeRanges === null || Array.isArray(timeRanges)) {
    throw unfit('timeRanges is required: an object of lists, by channel or "all"');
  }
  const keys = Object.keys(timeRanges);
  if (keys.length === 0) throw unfit('timeRanges is empty; give "all" or a channel');
  const isUnified = keys.includes('all');
  if (isUnified && keys.length > 1) {
    throw unfit('timeRanges has "all" and single channels; give one or the other');
  }
  for (const [key, list] of Object.entries(timeRanges)) {
    if (key !== 'all' && !isChannel(key))
      throw unfit(`timeRanges.${key.slice(0, 40)} is no channel`);
    checkRanges(key, list);
  }
  return JSON.stringify({ ...range, isUnifiedSetting: isUnified });
}

function checkChannels(sendChannel: unknown): void {
  if (typeof sendChannel !== 'string' || sendChannel.trim() === '') {
    throw unfit(`sendChannel is required: a list of ${channels.join(', ')}`);
  }
  const stranger = sendChannel.split(',').find((each) => !isChannel(each.trim()));
  if (stranger === undefined) return;
  throw unfit(`sendChannel: ${stranger.trim().slice(0, 40)} is none of ${channels.join(', ')}`);
}

function checkRanges(key: string, list: unknown): void {
  if (!Array.isArray(list) || list.length > maxRanges) {
    throw unfit(`timeRanges.${key} must be a list of at most ${maxRanges} ranges`);
  }
  for (const [index, entry] of list.entries()) {
    const where = `timeRanges.${key}[${index}]`;
    const { startTime, endTime, daysOfWeek } = (
      typeof entry === 'object' && entry !== null ? entry : {}
    ) as Readonly<Record<string, unknown>>;
    if (!isTime(startTime)) throw unfit(`${where}.startTime must be HH:mm`);
    if (!isTime(endTime)) throw unfit(`${where}.endTime must be HH:mm`);
    const days: unknown = daysOfWeek;
    if (
      !Array.isArray(days) ||
      days.length === 0 ||
      !days.every((day) => typeof day === 'number' && Number.isInteger(day) && day >= 1 && day <= 7)
    ) {
      throw unfit(`${where}.daysOfWeek must be a list of days, 1 to 7`);
    }
  }
}

function isTime(value: unknown): boolean {
  return (
    typeof value === 'string' && /^(?:(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d)?|24:00)$/.test(value)
  );
}

function isChannel(text: string): boolean {
  return channels.some((channel) => channel === text);
}

function unfit(reason: string): Error {
  return failures.unfit('channelTimeRange', reason);
}
