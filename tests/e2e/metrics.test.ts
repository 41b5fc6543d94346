/** Metrics of a real server, and the dashboard and the alerts that are made of them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { createTemplate, exec, finished, type SaeServer, startSaeServer } from '../support/sae.ts';
import { longshore } from '../support/server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { needs } from '../support/tools.ts';
import { until } from '../support/until.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs', 'operations');
const run = promisify(execFile);

interface Family {
  readonly type: string;
  readonly help: string;
  /** By the series as it is written, e.g. `name{a="b"}`. */
  readonly samples: ReadonlyMap<string, number>;
}

suite('metrics', () => {
  const cleanups: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (task: () => void | Promise<void>) => void cleanups.push(task) };
  let server: SaeServer;

  before(async () => {
    server = await startSaeServer(cleanup);
    const good = await createTemplate(server.sae, ['true']);
    const bad = await createTemplate(server.sae, ['false'], { AppName: 'bad' });
    await finished(server.sae, good, await exec(server.sae, good));
    await finished(server.sae, bad, await exec(server.sae, bad));
    const flags = ['--every', '1s', '--', 'true'];
    await longshore(cleanup, server.dataDir, ['templates', 'create', 'timed', ...flags]);
    await until('a firing', async () => {
      const { samples } = family(await scrape(), 'longshore_firing_delay_seconds');
      return (samples.get('longshore_firing_delay_seconds_count{dialect="native"}') ?? 0) > 0;
    });
    await longshore(cleanup, server.dataDir, ['templates', 'delete', 'timed']);
  });
  after(async () => {
    for (const task of cleanups.toReversed()) await task();
  });

  const scrapeText = async () => (await fetch(`${server.url}/metrics`)).text();
  const scrape = async () => families(await scrapeText());

  test('tell what happened', async () => {
    const all = await until('the end of every run', async () => {
      const now = await scrape();
      const { samples } = family(now, 'longshore_runs_ended_total');
      return samples.has('longshore_runs_ended_total{dialect="sae",state="failed"}') ? now : null;
    });
    const value = (name: string, series: string) =>
      family(all, name).samples.get(series === '' ? name : `${name}{${series}}`);
    assert.equal(value('longshore_runs_triggered_total', 'dialect="sae",trigger="manual"'), 2);
    assert.equal(value('longshore_runs_ended_total', 'dialect="sae",state="succeeded"'), 1);
    assert.equal(value('longshore_runs_ended_total', 'dialect="sae",state="failed"'), 1);
    const outcome = (name: string) => `dialect="sae",executor="process",outcome="${name}"`;
    assert.equal(value('longshore_attempts_ended_total', outcome('succeeded')), 1);
    assert.ok((value('longshore_attempts_ended_total', outcome('failed')) ?? 0) >= 1);
    assert.equal(value('longshore_lease_held', ''), 1);
    assert.ok((value('longshore_executor_slots', 'executor="process"') ?? 0) > 0);
    assert.equal(value('longshore_executor_ready', 'executor="process"'), 1);
    assert.ok((value('longshore_audit_lines_total', 'outcome="ok"') ?? 0) >= 4);
    const started = family(all, 'longshore_start_delay_seconds').samples;
    const series = 'longshore_start_delay_seconds_count{dialect="sae",executor="process"}';
    assert.equal(started.get(series), 2);
    const stored = family(all, 'longshore_store_duration_seconds').samples;
    for (const operation of ['admit', 'claim', 'report', 'fire', 'audit']) {
      const count = stored.get(`longshore_store_duration_seconds_count{operation="${operation}"}`);
      assert.ok((count ?? 0) > 0, operation);
    }
  });

  test('are named by the conventions', async () => {
    const faults: string[] = [];
    for (const [name, { type, help }] of await scrape()) {
      if (!name.startsWith('longshore_')) continue;
      const fault = (what: string) => faults.push(`${name}: ${what}`);
      if (!/^[a-z]+(_[a-z0-9]+)*$/.test(name)) fault('is not in snake case');
      if (!help.endsWith('.') || help.length < 12) fault('its help is no sentence');
      if ((type === 'counter') !== name.endsWith('_total'))
        fault('counters, and only they, end in _total');
      if (/_(count|sum|bucket)$/.test(name)) fault('ends as series of histograms do');
      if (type === 'histogram' && !/_(seconds|bytes)$/.test(name)) fault('has no unit');
      if (
        /(milliseconds|_ms|minutes|hours|days|kilobytes|_kb|megabytes|_mb|percent)(_|$)/.test(name)
      ) {
        fault('is in no base unit');
      }
      if (name.includes(type)) fault('repeats its type');
    }
    assert.deepEqual(faults, []);
  });

  test('pass promtool', needs('promtool'), async () => {
    const check = run('promtool', ['check', 'metrics']);
    check.child.stdin?.end(await scrapeText());
    const { stderr } = await check.catch((error: { stdout: string; stderr: string }) => error);
    // The runtime's own metrics have names that promtool would have otherwise.
    const ours = stderr.split('\n').filter((line) => line.startsWith('longshore_'));
    assert.deepEqual(ours, []);
  });

  test('the dashboard is whole, and every metric in it exists', async () => {
    const text = await readFile(join(docs, 'grafana-dashboard.json'), 'utf8');
    const dashboard = JSON.parse(text) as Dashboard;
    assert.equal(dashboard.title, 'Longshore');
    assert.ok(dashboard.schemaVersion >= 36);
    assert.ok(!('id' in dashboard) || dashboard.id === null, 'an id would overwrite another one');
    const ids = dashboard.panels.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const names = await namesOf(scrape());
    const variables = dashboard.templating.list.map(({ name }) => name);
    for (const panel of dashboard.panels) {
      const { title, description = '', type, gridPos, targets = [], datasource } = panel;
      assert.ok(['row', 'timeseries', 'stat'].includes(type), title);
      assert.ok(gridPos.x + gridPos.w <= 24 && gridPos.w > 0 && gridPos.h > 0, title);
      if (type === 'row') continue;
      assert.equal(datasource?.uid, '${datasource}', title);
      assert.ok(targets.length > 0, title);
      assert.ok(description.length > 0, `${title} has no description`);
      for (const { expr } of targets) {
        for (const [, variable = ''] of expr.matchAll(/\$(\w+)/g)) {
          assert.ok(
            variables.includes(variable) || variable.startsWith('__'),
            `${title}: $${variable}`,
          );
        }
        assertKnown(expr, names, title);
      }
    }
    const boxes = dashboard.panels.map(({ gridPos }) => gridPos);
    for (const [index, a] of boxes.entries()) {
      const beside = boxes
        .slice(index + 1)
        .every((b) => a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y);
      assert.ok(beside, 'panels lie on each other');
    }
  });

  test('Prometheus can read every query of the dashboard', needs('promtool'), async (t) => {
    const text = await readFile(join(docs, 'grafana-dashboard.json'), 'utf8');
    const { panels } = JSON.parse(text) as Dashboard;
    const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const rules = queries.map((query, index) => ({
      record: `query:${index}`,
      // What Grafana puts in.
      expr: query.replaceAll('$__rate_interval', '5m').replaceAll(/\$(job|instance)\b/g, '.+'),
    }));
    const file = join(await temporaryFolder(t), 'rules.json');
    // JSON is YAML, too.
    await writeFile(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { stdout } = await run('promtool', ['check', 'rules', file]);
    assert.match(stdout, new RegExp(`SUCCESS: ${rules.length} rules found`));
    const ranges = queries.flatMap((query) => [...query.matchAll(/\[([^\]]+)\]/g)]);
    const fixed = ranges.map(([, range]) => range).filter((range) => range !== '$__rate_interval');
    // Panels tell of an hour where they say so; all else follows the scrape interval.
    assert.deepEqual([...new Set(fixed)], ['1h']);
  });

  test('every metric of the alerts exists, and each alert is explained', async () => {
    const file = parse(await readFile(join(docs, 'alerts.yaml'), 'utf8')) as Rules;
    const explained = await readFile(join(docs, 'monitoring.md'), 'utf8');
    const names = await namesOf(scrape());
    const rules = file.groups.flatMap((group) => group.rules);
    assert.ok(rules.length >= 10);
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
    for (const { alert, expr, labels, annotations } of rules) {
      assert.ok(['critical', 'warning'].includes(labels.severity), alert);
      assert.ok(annotations.summary.length > 0 && annotations.description.length > 0, alert);
      assert.equal(annotations.runbook, `monitoring.md#${alert.toLowerCase()}`);
      assert.ok(explained.includes(`### ${alert}\n`), `monitoring.md has no section ${alert}`);
      assertKnown(expr, new Set([...names, 'up']), alert);
    }
  });

  test('the alerts pass promtool', needs('promtool'), async () => {
    await run('promtool', ['check', 'rules', join(docs, 'alerts.yaml')]);
  });

  test('every metric of ours is explained', async () => {
    const explained = await readFile(join(docs, 'monitoring.md'), 'utf8');
    const missing = [...(await scrape()).keys()].filter(
      (name) => name.startsWith('longshore_') && !explained.includes(`\`${name}\``),
    );
    assert.deepEqual(missing, []);
  });
});

interface Dashboard {
  readonly id?: unknown;
  readonly title: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly description?: string;
    readonly gridPos: {
      readonly x: number;
      readonly y: number;
      readonly w: number;
      readonly h: number;
    };
    readonly datasource?: { readonly uid: string };
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly labels: { readonly severity: string };
      readonly annotations: {
        readonly summary: string;
        readonly description: string;
        readonly runbook: string;
      };
    }[];
  }[];
}

/** The text format of Prometheus, as far as it is used here. */
function families(text: string): ReadonlyMap<string, Family> {
  const found = new Map<string, { type: string; help: string; samples: Map<string, number> }>();
  let current = '';
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      current = name;
      found.set(name, { type: '', help: rest, samples: new Map() });
    } else if (kind === 'TYPE') {
      const known = found.get(name);
      if (known !== undefined) known.type = rest;
    } else if (line !== '') {
      const space = line.lastIndexOf(' ');
      found.get(current)?.samples.set(line.slice(0, space), Number(line.slice(space + 1)));
    }
  }
  return found;
}

function family(all: ReadonlyMap<string, Family>, name: string): Family {
  const found = all.get(name);
  assert.ok(found !== undefined, `/metrics has no ${name}`);
  return found;
}

/** Names that expressions may use: families, and the series of histograms. */
async function namesOf(
  scraped: Promise<ReadonlyMap<string, Family>>,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const [name, { type }] of await scraped) {
    names.add(name);
    if (type !== 'histogram') continue;
    for (const suffix of ['_bucket', '_count', '_sum']) names.add(name + suffix);
  }
  return names;
}

function assertKnown(expr: string, names: ReadonlySet<string>, what: string): void {
  const used = [...expr.matchAll(/\b((?:longshore|process|nodejs)_\w+|up)\b(?!\()/g)];
  const metrics = used.map(([, name = '']) => name);
  assert.ok(metrics.length > 0, `${what}: ${expr} names no metric`);
  for (const name of metrics) assert.ok(names.has(name), `${what}: no metric ${name}`);
}
