import type { LucideIcon } from 'lucide-react';
import ArrowRightLeft from 'lucide-react/icons/arrow-right-left';
import Cable from 'lucide-react/icons/cable';
import History from 'lucide-react/icons/history';
import Info from 'lucide-react/icons/info';
import LayoutDashboard from 'lucide-react/icons/layout-dashboard';
import Bell from 'lucide-react/icons/bell';
import CalendarDays from 'lucide-react/icons/calendar-days';
import FileCog from 'lucide-react/icons/file-cog';
import FileSliders from 'lucide-react/icons/file-sliders';
import FolderTree from 'lucide-react/icons/folder-tree';
import KeyRound from 'lucide-react/icons/key-round';
import Lock from 'lucide-react/icons/lock';
import ScrollText from 'lucide-react/icons/scroll-text';
import Server from 'lucide-react/icons/server';
import Workflow from 'lucide-react/icons/workflow';
import type { en } from './layout/words.en.ts';

/** One entry of the navigation. */
export interface NavigationEntry {
  /** Name of its text in `layout/words.*.ts`. */
  readonly name: keyof typeof en.navigation;
  readonly href: string;
  readonly icon: LucideIcon;
  /** Operation without which the page has nothing to show; null = for everybody. */
  readonly needs: string | null;
}

/** Groups of the navigation, in their order. */
export const navigation: readonly {
  readonly name: keyof typeof en.navigationGroups;
  readonly entries: readonly NavigationEntry[];
}[] = [
  {
    name: 'jobs',
    entries: [
      { name: 'overview', href: '/', icon: LayoutDashboard, needs: null },
      { name: 'templates', href: '/console/templates', icon: FileCog, needs: 'ListTemplates' },
      { name: 'runs', href: '/console/runs', icon: History, needs: 'ListRuns' },
      { name: 'workflows', href: '/console/workflows', icon: Workflow, needs: 'ListWorkflows' },
    ],
  },
  {
    name: 'data',
    entries: [
      {
        name: 'dataJobs',
        href: '/console/data-jobs',
        icon: ArrowRightLeft,
        needs: 'ListDataJobs',
      },
      { name: 'links', href: '/console/links', icon: Cable, needs: 'ListLinks' },
    ],
  },
  {
    name: 'surroundings',
    entries: [
      { name: 'workers', href: '/console/workers', icon: Server, needs: 'ListWorkers' },
      { name: 'calendars', href: '/console/calendars', icon: CalendarDays, needs: 'ListCalendars' },
      {
        name: 'notifications',
        href: '/console/notifications',
        icon: Bell,
        needs: 'ListNotificationPolicies',
      },
      {
        name: 'configMaps',
        href: '/console/config-maps',
        icon: FileSliders,
        needs: 'ListConfigMaps',
      },
      { name: 'secrets', href: '/console/secrets', icon: Lock, needs: 'ListSecrets' },
      {
        name: 'namespaces',
        href: '/console/namespaces',
        icon: FolderTree,
        needs: 'ListNamespaces',
      },
    ],
  },
  {
    name: 'server',
    entries: [
      { name: 'access', href: '/console/access', icon: KeyRound, needs: 'ListKeys' },
      { name: 'audit', href: '/console/audit', icon: ScrollText, needs: 'ListAuditLines' },
      { name: 'about', href: '/console/about', icon: Info, needs: 'GetInfo' },
    ],
  },
];
