import {
  type Attributes,
  type Context,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { Run } from '../domain/run.ts';
import { formatTraceparent, keptTraceparent, parseTraceparent } from '../domain/trace-context.ts';
import type { Clock } from '../ports/clock.ts';
import type { AttemptReport } from '../ports/executor.ts';
import type { AdmissionResult, ClaimedAttempt } from '../ports/store.ts';
import { type Admitting, endOf, runAttributes, startAttributes } from './tracing-attributes.ts';

/** Name of the instrumentation, as backends show it. */
const scopeName = 'longshore';
/** Most attempts and firings whose spans are open; what is beyond has none. */
const MAX_OPEN = 20_000;
/** Most links of one claim; the specification's default limit. */
const MAX_LINKS = 128;

interface OpenAttempt {
  readonly span: Span;
  readonly context: Context;
  readonly runId: string;
  /** Until the executor says that the program runs. */
  start: Span | null;
}

/**
 * Spans from trigger to process exit: `run.admit` (request to durable), `run.wait` (due to
 * claimed), `runs.claim` (the transaction, with links to all that it took), `attempt` (claimed to
 * exit) with `attempt.start` (until the program runs) and `attempt.end` (exit to durable). A run's
 * place in its trace is kept with it, so that any server goes on with the trace.
 *
 * Nothing is recorded without an SDK: then {@link createTracing} gives null.
 */
export class Tracing {
  readonly #tracer: Tracer;
  readonly #clock: Clock;
  readonly #attempts = new Map<string, OpenAttempt>();
  readonly #firings = new Map<string, Span>();

  constructor(tracer: Tracer, clock: Clock) {
    this.#tracer = tracer;
    this.#clock = clock;
  }

  /** A run is asked for. `ended` is to be called once with what became of it, or the error. */
  admitting(wish: Admitting, traceparent: string | null | undefined) {
    const parent = contextOf(traceparent ?? null);
    const span = this.#tracer.startSpan(
      'run.admit',
      {
        kind: SpanKind.PRODUCER,
        startTime: this.#clock.nowMs(),
        attributes: startAttributes(wish),
      },
      parent,
    );
    return {
      traceparent: traceparentOf(span) ?? keptTraceparent(traceparent),
      ended: (result: AdmissionResult | { readonly kind: 'failed'; readonly error: unknown }) => {
        if (result.kind === 'refused' || result.kind === 'failed') fail(span, result.error);
        else if (result.kind === 'existing') {
          span.setAttribute('longshore.run.id', result.run.id);
          span.setAttribute('longshore.run.existing', true);
        }
        span.end(this.#clock.nowMs());
      },
    };
  }

  /** A schedule may make a run with this id; to be followed by `fired`. */
  firing(runId: string): string | null {
    if (this.#firings.size >= MAX_OPEN) return null;
    const span = this.#tracer.startSpan(
      'run.admit',
      {
        kind: SpanKind.PRODUCER,
        startTime: this.#clock.nowMs(),
        attributes: { 'longshore.run.id': runId, 'longshore.run.trigger': 'schedule' },
      },
      ROOT_CONTEXT,
    );
    this.#firings.set(runId, span);
    return traceparentOf(span);
  }

  /** A decision on schedules is durable, or has failed: spans of runs that it did not make are dropped. */
  fired(created: readonly Run[]): void {
    for (const run of created) {
      const span = this.#firings.get(run.id);
      span?.setAttributes(runAttributes(run));
      span?.end(this.#clock.nowMs());
    }
    this.#firings.clear();
  }

  /** A claim is durable; gives the attempts with their own places in the traces. */
  claimed(attempts: readonly ClaimedAttempt[], beganAtMs: number): readonly ClaimedAttempt[] {
    if (attempts.length === 0) return attempts;
    const nowMs = this.#clock.nowMs();
    const traced = attempts.map((attempt) => this.#open(attempt, beganAtMs, nowMs));
    const links = traced.slice(0, MAX_LINKS).flatMap(({ traceparent = null }): Link[] => {
      const context = trace.getSpanContext(contextOf(traceparent));
      return context === undefined ? [] : [{ context }];
    });
    this.#tracer
      .startSpan(
        'runs.claim',
        {
          kind: SpanKind.INTERNAL,
          startTime: beganAtMs,
          links,
          attributes: { 'longshore.claim.attempts': attempts.length },
        },
        ROOT_CONTEXT,
      )
      .end(nowMs);
    return traced;
  }

  /** Reports are durable. */
  reported(reports: readonly AttemptReport[]): void {
    const nowMs = this.#clock.nowMs();
    for (const report of reports) {
      const open = this.#attempts.get(report.attemptId);
      if (open === undefined || report.kind === 'progress') continue;
      if (report.kind === 'started') {
        if (report.pid !== null) open.span.setAttribute('process.pid', report.pid);
        open.start?.end(report.atMs);
        open.start = null;
        continue;
      }
      this.#attempts.delete(report.attemptId);
      this.#end(open, report, nowMs);
    }
  }

  #open(attempt: ClaimedAttempt, beganAtMs: number, nowMs: number): ClaimedAttempt {
    if (this.#attempts.size >= MAX_OPEN) return attempt;
    const { run, attemptId } = attempt;
    const parent = contextOf(run.traceparent);
    const attributes: Attributes = {
      ...runAttributes(run),
      'longshore.attempt.id': attemptId,
      'longshore.instance.index': attempt.index,
      'longshore.attempt.number': attempt.number,
      'longshore.executor': attempt.executor,
    };
    if (attempt.number === 1) {
      const dueAtMs = Math.min(Math.max(run.notBeforeMs, run.createdAtMs), beganAtMs);
      this.#tracer
        .startSpan('run.wait', { kind: SpanKind.INTERNAL, startTime: dueAtMs, attributes }, parent)
        .end(nowMs);
    }
    const span = this.#tracer.startSpan(
      'attempt',
      { kind: SpanKind.CONSUMER, startTime: nowMs, attributes },
      parent,
    );
    const context = trace.setSpan(parent, span);
    const start = this.#tracer.startSpan(
      'attempt.start',
      { kind: SpanKind.INTERNAL, startTime: nowMs, attributes },
      context,
    );
    this.#attempts.set(attemptId, { span, context, runId: run.id, start });
    const traceparent = traceparentOf(span);
    return traceparent === null ? attempt : { ...attempt, traceparent };
  }

  #end(open: OpenAttempt, report: Parameters<typeof endOf>[0], nowMs: number): void {
    const { attributes, error } = endOf(report);
    const { span, context } = open;
    open.start?.end(report.atMs);
    span.setAttributes(attributes);
    if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
    span.end(report.atMs);
    this.#tracer
      .startSpan(
        'attempt.end',
        { kind: SpanKind.INTERNAL, startTime: Math.min(report.atMs, nowMs), attributes },
        context,
      )
      .end(nowMs);
  }
}

/** Null without an SDK: `node --import` registers one before the server starts. */
export function createTracing(clock: Clock): Tracing | null {
  const tracer = trace.getTracer(scopeName);
  // The one span that is never ended, so it is never exported: it tells whether ids are given.
  const probe = tracer.startSpan('probe', {}, ROOT_CONTEXT);
  return isSpanContextValid(probe.spanContext()) ? new Tracing(tracer, clock) : null;
}

function contextOf(traceparent: string | null): Context {
  const place = parseTraceparent(traceparent);
  if (place === null) return ROOT_CONTEXT;
  const { traceId, spanId, flags } = place;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags, isRemote: true });
}

function traceparentOf(span: Span): string | null {
  const context = span.spanContext();
  if (!isSpanContextValid(context)) return null;
  const { traceId, spanId, traceFlags } = context;
  return formatTraceparent({ traceId, spanId, flags: traceFlags });
}

function fail(span: Span, error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  const type = code ?? (error instanceof Error ? error.name : 'Error');
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
}
