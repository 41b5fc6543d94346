import { shardNumber, shardTotal } from '../domain/rerun.ts';
import type { IdentityField } from '../domain/template.ts';
import type { ClaimedAttempt } from '../ports/store.ts';

/**
 * The variables an attempt starts with. Later ones win: the place in a trace (`TRACEPARENT`), facts about the run, then what the user
 * gave (from ConfigMaps, then by itself), then what is particular to the shard; `TZ` comes from the template unless the user set it.
 */
export function attemptEnvironment(
  attempt: ClaimedAttempt,
  configured: Readonly<Record<string, string>>,
): Record<string, string> {
  const { run } = attempt;
  const { task, shards, timezone } = run.spec;
  const facts = attemptFacts(attempt);
  const env: Record<string, string> = { TZ: timezone };
  const traceparent = attempt.traceparent ?? run.traceparent;
  if (traceparent !== null) env['TRACEPARENT'] = traceparent;
  for (const [name, field] of Object.entries(task.identityEnv)) env[name] = facts[field];
  return Object.assign(env, configured, task.env, shards?.[attempt.index]);
}

/** Every fact that a definition may ask for. */
export function attemptFacts(attempt: ClaimedAttempt): Readonly<Record<IdentityField, string>> {
  const { run } = attempt;
  return {
    'template.id': run.templateId,
    'template.name': run.templateName,
    'template.namespace': run.namespace,
    'run.id': run.id,
    'run.replicas': String(shardTotal(run.spec)),
    'run.trigger': run.trigger,
    'run.scheduledAtMs': String(run.scheduledAtMs ?? run.createdAtMs),
    'instance.index': String(shardNumber(run.spec, attempt.index)),
    'attempt.number': String(attempt.number),
  };
}
