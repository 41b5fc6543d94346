import type { en } from './words.en.ts';

export const zh: typeof en = {
  title: '登录',
  subtitle: '登录此任务平台',
  method: '登录方式',
  password: '密码',
  key: '访问密钥',
  user: '用户名',
  keyId: 'AccessKey ID',
  keySecret: 'AccessKey Secret',
  securityToken: '安全令牌',
  securityTokenHint: '仅临时密钥需要填写。',
  submit: '登录',
  help: '还没有用户？请在服务器所在的机器上运行：',
  wrong: '凭证不正确，或已失效。',
};
