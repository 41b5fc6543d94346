/** What the fields of a job are called in forms, and where they stand. */

/** Section, English and Chinese title, Chinese note. */
type Label = readonly [section: SchedulerxSection, en: string, zh: string, note: string];

export const schedulerxSections = {
  identity: { en: 'Identity', zh: '标识' },
  task: { en: 'What runs', zh: '执行内容' },
  time: { en: 'When it runs', zh: '调度时间' },
  tries: { en: 'Limits and retries', zh: '限制与重试' },
  alerts: { en: 'Alerts', zh: '报警' },
  map: { en: 'Map modes', zh: '分布式模型' },
} as const;

export type SchedulerxSection = keyof typeof schedulerxSections;

const mapNote = '仅用于 java 和 go 的 Map 类模型；其他类型不起作用';

export const schedulerxLabels: Readonly<Record<string, Label>> = {
  RegionId: ['identity', 'Region', '地域', '任意'],
  Namespace: ['identity', 'Namespace', '命名空间', '命名空间 ID'],
  NamespaceSource: ['identity', 'Source of the namespace', '命名空间来源', '仅在消息中重复'],
  GroupId: ['identity', 'Application', '应用', '应用的 GroupId'],
  JobId: ['identity', 'Job', '任务', '任务 ID'],
  Name: ['identity', 'Name', '名称', '不必唯一'],
  Description: ['identity', 'Description', '描述', '可读回'],
  Status: ['identity', 'Enabled', '状态', '0 禁用，1 启用；默认 1'],
  JobType: [
    'task',
    'Kind of job',
    '任务类型',
    'shell、python、http 在本服务器上运行；java、go、xxljob 在执行器上运行',
  ],
  ExecuteMode: ['task', 'Mode', '执行模式', '可用的模式取决于任务类型'],
  ClassName: ['task', 'Class', '处理类', 'java：处理类的全名'],
  Content: ['task', 'Content', '任务内容', '脚本文本，或随任务类型而定的 JSON'],
  Parameters: ['task', 'Parameters', '任务参数', '最多 10,000 字节；http 为表单；分片写作 0=a,1=b'],
  Template: ['task', 'Pod template', 'Pod 模板', 'k8s 任务的 Pod 模板'],
  InstanceParameters: [
    'task',
    'Parameters of this run',
    '本次运行的参数',
    '代替任务参数，仅用于本次运行',
  ],
  CheckJobStatus: [
    'task',
    'Refuse when disabled',
    '禁用时拒绝',
    '为 true 时，任务被禁用则拒绝运行',
  ],
  DesignateType: ['task', 'Designate by', '指定方式', '1 指定机器，2 指定标签；默认取决于所填内容'],
  Worker: ['task', 'Worker', '指定机器', '执行器地址'],
  Label: ['task', 'Label', '指定标签', '执行器标签'],
  TimeType: [
    'time',
    'Kind of schedule',
    '时间类型',
    '-1 无，1 cron，3 fixed_rate，4 second_delay，5 one_time，100 api',
  ],
  TimeExpression: [
    'time',
    'Expression',
    '时间表达式',
    'cron（Quartz）、秒数或时间，取决于时间类型',
  ],
  Timezone: ['time', 'Time zone', '时区', '例如 GMT+8；不是时区则视为未填'],
  StartTime: ['time', 'Not before (ms)', '开始时间（毫秒）', '此前不触发；fixed_rate 从此计起'],
  EndTime: ['time', 'Not after (ms)', '结束时间（毫秒）', '此后不触发；-1 表示没有结束时间'],
  Calendar: ['time', 'Calendar', '日历', '仅 cron：只在该日历的日期触发'],
  DataOffset: [
    'time',
    'Offset of the data time (s)',
    '数据时间偏移（秒）',
    '从调度时间到数据时间的秒数',
  ],
  MaxConcurrency: ['tries', 'Instances at once', '最大并发实例数', '同时未结束的实例数；默认 1'],
  MaxAttempt: ['tries', 'Retries', '失败重试次数', '默认 0'],
  AttemptInterval: ['tries', 'Wait between them (s)', '重试间隔（秒）', '默认 30'],
  Timeout: ['tries', 'Timeout (s)', '超时（秒）', '默认 7200'],
  TimeoutKillEnable: ['tries', 'Stop at the timeout', '超时终止', '超时后停止运行'],
  Priority: ['tries', 'Priority', '优先级', '实例等待应用并发额度时的次序：1、5、10 或 15；默认 5'],
  TimeoutEnable: ['alerts', 'Tell of timeouts', '超时报警', '运行超过超时时间则通知'],
  FailEnable: ['alerts', 'Tell of failures', '失败报警', '失败则通知'],
  FailTimes: ['alerts', 'Failures in a row', '连续失败次数', '连续失败多少次才通知；默认 1'],
  MissWorkerEnable: [
    'alerts',
    'Tell when no worker is there',
    '无可用机器报警',
    '没有执行器领取时通知',
  ],
  SuccessNoticeEnable: ['alerts', 'Tell of success', '成功通知', '每次成功都通知'],
  SendChannel: [
    'alerts',
    'Channel',
    '通知渠道',
    'default，或 mail 与 webhook（ding）；sms 和 phone 不会送达',
  ],
  ContactInfo: ['alerts', 'Contacts', '联系人', 'JSON：Ding、UserMail、UserName、UserPhone'],
  XAttrs: ['map', 'Extras', '扩展属性', mapNote],
  PageSize: ['map', 'Page size', '每页大小', mapNote],
  QueueSize: ['map', 'Queue size', '队列大小', mapNote],
  ConsumerSize: ['map', 'Threads per worker', '消费线程数', mapNote],
  DispatcherSize: ['map', 'Dispatch threads', '分发线程数', mapNote],
  TaskMaxAttempt: ['map', 'Retries of a task', '子任务重试次数', mapNote],
  TaskAttemptInterval: ['map', 'Wait between them (s)', '子任务重试间隔（秒）', mapNote],
  TaskDispatchMode: ['map', 'Dispatch', '子任务分发方式', 'push 或 pull；仅用于 Map 类模型'],
};
