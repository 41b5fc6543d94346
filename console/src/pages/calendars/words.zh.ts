import type { en } from './words.en.ts';

export const zh: typeof en = {
  title: '日历',
  subtitle: '使用日历的调度会在这些日期触发。',
  choose: '日历与年份',
  calendar: '日历',
  system: '内置',
  year: '年份',
  yearBefore: '上一年',
  yearAfter: '下一年',
  notMade: (name, year) => `${name} 没有 ${year} 年`,
  notMadeHint: '使用该日历的调度在这一年不会触发。',
  years: (list) => `已有年份：${list}。`,
  days: (count) => `${count} 天`,
  madeBy: (user) => `由 ${user} 创建`,
  fires: '触发',
  legend: '填充的日期为调度触发日。',
  emptyTitle: '还没有日历',
};
