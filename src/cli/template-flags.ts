import type { Command } from 'commander';
import type { TemplateInput, TemplateView } from '../dialects/native/views/template.ts';
import { collect as gather } from './command.ts';
import { CliError, exitCodes } from './errors.ts';
import { type ScheduleFlags, scheduleOfFlags, withScheduleFlags } from './schedule-flags.ts';

/** Flags that define a native template, beside its name and command. */
export interface TemplateFlags extends ScheduleFlags {
  readonly env?: readonly string[];
  readonly replicas?: string;
  readonly retries?: string;
  readonly timeout?: string;
  readonly concurrency?: TemplateInput['concurrency'];
  readonly timezone?: string;
}

/** Adds the flags of {@link TemplateFlags}. */
export function withTemplateFlags(command: Command): Command {
  return withScheduleFlags(
    command
      .option('--env <name=value>', 'variable; repeatable', gather)
      .option('--replicas <count>', 'instances started in parallel')
      .option('--retries <count>', 'failed attempts a run survives')
      .option('--timeout <seconds>', 'wall time of a run')
      .option('--concurrency <policy>', 'allow, forbid or replace')
      .option('--timezone <zone>', 'IANA zone given as TZ; also of a schedule that names none'),
  );
}

/** What the flags set of a template's definition. @throws CliError for what is no such value. */
export function templateFields(
  flags: TemplateFlags,
  current: TemplateView | null = null,
): Partial<TemplateInput> {
  const schedule = scheduleOfFlags(flags, current?.schedule ?? null);
  return {
    ...(flags.env === undefined ? {} : { env: { ...current?.env, ...environment(flags.env) } }),
    ...integer('replicas', 'replicas', flags.replicas, 1),
    ...integer('retries', 'retries', flags.retries, 1),
    ...integer('timeout', 'timeoutMs', flags.timeout, 1000),
    ...(flags.concurrency === undefined ? {} : { concurrency: flags.concurrency }),
    ...(flags.timezone === undefined ? {} : { timezone: flags.timezone }),
    ...(schedule === undefined ? {} : { schedule }),
  };
}

/** A native template as it is, for sending it back with changes. */
export function templateAsInput(view: TemplateView): TemplateInput {
  const { name, namespace, command, env, replicas, retries, timeoutMs, graceMs, timezone } = view;
  const { collect } = view;
  return {
    name,
    namespace,
    command,
    env,
    replicas,
    concurrency: view.concurrency as NonNullable<TemplateInput['concurrency']>,
    retries,
    timeoutMs,
    graceMs,
    timezone,
    collect,
    schedule: view.schedule,
  };
}

function environment(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new CliError(`--env ${text} is not NAME=VALUE`, '', exitCodes.usage);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

function integer<K extends string>(
  flag: string,
  field: K,
  text: string | undefined,
  unit: number,
): { readonly [field in K]?: number } {
  if (text === undefined) return {};
  const value = Number(text);
  if (!Number.isInteger(value))
    throw new CliError(`--${flag} ${text} is not a whole number`, '', exitCodes.usage);
  return { [field]: value * unit } as { readonly [field in K]?: number };
}
