import type { en } from './words.en.ts';

export const zh: typeof en = {
  title: '工作流',
  subtitle: '按先后顺序运行的一组任务。',
  filters: '筛选条件',
  search: '搜索工作流',
  name: '名称',
  application: '应用',
  starts: '触发方式',
  onDemand: '按需触发',
  jobs: '任务数',
  scheduled: '启用状态',
  latest: '最近一次运行',
  never: '从未运行',
  when: '时间',
  emptyTitle: '还没有工作流',
  emptyHint: '工作流通过 SchedulerX 创建：先 CreateWorkflow，再 UpdateWorkflowDag。',
  noMatch: '没有符合搜索条件的工作流',
};
