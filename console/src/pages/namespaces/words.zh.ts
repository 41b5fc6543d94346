import type { en } from './words.en.ts';

export const zh: typeof en = {
  title: '命名空间',
  subtitle: '各个 API 的任务模板所在的位置。',
  filters: '筛选条件',
  search: '搜索命名空间',
  dialect: 'API',
  allDialects: '全部 API',
  name: '名称',
  id: 'ID',
  kind: '类型',
  kinds: {
    namespace: '命名空间',
    application: '应用',
    project: '项目',
    cluster: '集群',
  },
  inside: (parent) => `属于 ${parent}`,
  templates: '任务模板',
  configMaps: '配置项',
  secrets: '保密字典',
  created: '创建时间',
  empty: '没有符合条件的命名空间',
};
