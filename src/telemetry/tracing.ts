import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Cloud } from '../cloud/cloud.ts';
import type { PassObserver } from '../controller/deps.ts';
import { decorated } from '../decorate.ts';
import { getCondition } from '../resources/condition.ts';
import { type Resource, TRACEPARENT_ANNOTATION } from '../resources/meta.ts';
import type { Store } from '../store/store.ts';
import { update as writeOf } from '../store/writes.ts';
import { parseTraceparent, traceparentOf } from './traceparent.ts';

/** How long the last spans may take to leave when the process stops. */
const FLUSH_MS = 2_000;

/** Traces from the REST call to the passes, steps and cloud calls that serve it. Loaded only when OTEL_EXPORTER_OTLP_ENDPOINT is set. */
export interface Tracing {
  /** A span for each request. */
  readonly middleware: MiddlewareHandler;
  /** Writes the trace into objects that are created, changed or deleted within a span. */
  store(store: Store): Store;
  /** Spans for passes and steps: in the trace of the write that they serve; a pass over an object at rest only points to it. */
  observer(inner: PassObserver): PassObserver;
  cloud(cloud: Cloud): Cloud;
  /** Sends what is left. */
  close(): Promise<void>;
}

export function startTracing(options: {
  /** Like http://127.0.0.1:4318. */
  readonly endpoint: string;
  readonly version: string;
  readonly role: string;
}): Tracing {
  const { endpoint, version, role } = options;
  const base = endpoint.endsWith('/') ? endpoint : `${endpoint}/`;
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'orquesta',
      'service.version': version,
      'orquesta.role': role,
    }).merge(namedByEnvironment()),
    spanProcessors: [
      new BatchSpanProcessor(new OTLPTraceExporter({ url: new URL('v1/traces', base).href }), {
        exportTimeoutMillis: FLUSH_MS,
      }),
    ],
  });
  const spans = new Spans(provider.getTracer('orquesta', version));
  return {
    middleware: requests(spans),
    store: (store) => tracedStore(store, spans),
    observer: (inner) => tracedPasses(inner, spans),
    cloud: (cloud) => tracedCloud(cloud, spans),
    close: () => provider.shutdown().catch(() => {}),
  };
}

/** OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win, as the standard has it. */
function namedByEnvironment() {
  const { attributes } = defaultResource();
  const isUnnamed = String(attributes['service.name']).startsWith('unknown_service');
  const { 'service.name': name, ...rest } = attributes;
  return resourceFromAttributes(isUnnamed ? rest : { 'service.name': name, ...rest });
}

interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** Else the span that this happens in. */
  readonly parent?: SpanContext | undefined;
  /** Begins a trace of its own, which points to this one. */
  readonly link?: SpanContext | undefined;
}

/** Spans within each other, by Node's own way of following a call; nothing is registered globally. */
class Spans {
  readonly #tracer: Tracer;
  readonly #current = new AsyncLocalStorage<Span>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  current(): SpanContext | undefined {
    return this.#current.getStore()?.spanContext();
  }

  async within<T>(name: string, options: SpanOptions, run: (span: Span) => Promise<T>): Promise<T> {
    const { kind = SpanKind.INTERNAL, attributes = {}, link } = options;
    const parent = link ? undefined : (options.parent ?? this.current());
    const links = link ? [{ context: link }] : [];
    const context = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
    const span = this.#tracer.startSpan(name, { kind, attributes, links }, context);
    try {
      return await this.#current.run(span, () => run(span));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  }
}

const requests =
  (spans: Spans): MiddlewareHandler =>
  async (c, next) => {
    const { method } = c.req;
    const parent = parseTraceparent(c.req.header('traceparent'));
    const options = {
      kind: SpanKind.SERVER,
      parent,
      attributes: { 'http.request.method': method },
    };
    await spans.within(method, options, async (span) => {
      await next();
      const route = matchedRoutes(c).findLast((one) => !one.path.endsWith('*'))?.path;
      if (route) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
      span.setAttribute('http.response.status_code', c.res.status);
      if (c.res.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    });
  };

/** Kinds that a controller works on. */
const TRACED = new Set(['Instance', 'Droplet', 'InstancePool']);

function tracedStore(store: Store, spans: Spans): Store {
  /** The annotations with the present trace in them. */
  const marked = (annotations: Readonly<Record<string, string>> | undefined) => {
    const current = spans.current();
    return current
      ? { ...annotations, [TRACEPARENT_ANNOTATION]: traceparentOf(current) }
      : annotations;
  };
  return decorated(store, {
    create: (kind, object, options) => {
      const annotations = TRACED.has(kind) ? marked(object.annotations) : object.annotations;
      return store.create(kind, { ...object, annotations }, options);
    },
    update: async (kind, object, options) => {
      if (!TRACED.has(kind) || !spans.current()) return store.update(kind, object, options);
      const stored = await store.get(kind, object.metadata.name);
      // What changes nothing is no news, and leaves the object as it is.
      if (!stored || stored.metadata.resourceVersion !== object.metadata.resourceVersion)
        return store.update(kind, object, options);
      if (isUnchanged(() => writeOf(kind, stored, object)))
        return store.update(kind, object, options);
      const annotations = marked(object.metadata.annotations);
      return store.update(
        kind,
        { ...object, metadata: { ...object.metadata, annotations } },
        options,
      );
    },
    delete: async (kind, name, options) => {
      const seen = options?.resourceVersion;
      if (!TRACED.has(kind) || !spans.current() || options?.dryRun) {
        return store.delete(kind, name, options);
      }
      // A deletion takes no annotations with it: the trace goes ahead of it, in a write of its own.
      const stored = await store.get(kind, name);
      const isMeant = stored && !stored.metadata.deletionTimestamp;
      if (!isMeant || (seen !== undefined && seen !== stored.metadata.resourceVersion)) {
        return store.delete(kind, name, options);
      }
      const metadata = { ...stored.metadata, annotations: marked(stored.metadata.annotations) };
      const told = await store.update(kind, { ...stored, metadata }).catch(() => stored);
      const { resourceVersion } = told.metadata;
      return store.delete(
        kind,
        name,
        seen === undefined ? options : { ...options, resourceVersion },
      );
    },
  });
}

function isUnchanged(write: () => { readonly type: string }): boolean {
  try {
    return write().type === 'unchanged';
  } catch {
    // The store says what is wrong with it.
    return true;
  }
}

function tracedPasses(inner: PassObserver, spans: Spans): PassObserver {
  return {
    pass: (object, run) => {
      const { kind, metadata } = object;
      const wish = parseTraceparent(metadata.annotations?.[TRACEPARENT_ANNOTATION]);
      const attributes = {
        'orquesta.kind': kind,
        'orquesta.name': metadata.name,
        'orquesta.uid': metadata.uid,
        'orquesta.generation': metadata.generation,
      };
      const to = isAtRest(object) ? { link: wish } : { parent: wish };
      return spans.within(`reconcile ${kind}`, { attributes, ...to }, () =>
        inner.pass(object, run),
      );
    },
    step: (object, step, run) =>
      spans.within(step, { attributes: { 'orquesta.step': step } }, () =>
        inner.step(object, step, run),
      ),
  };
}

/** The last write has been served: what follows is upkeep. */
function isAtRest({ metadata, status }: Resource): boolean {
  const { observedGeneration, conditions } = (status ?? {}) as {
    observedGeneration?: number;
    conditions?: Parameters<typeof getCondition>[0];
  };
  return (
    !metadata.deletionTimestamp &&
    observedGeneration === metadata.generation &&
    getCondition(conditions, 'Ready')?.status === 'True'
  );
}

/** Each call of the port, by its name; arguments, which may hold secrets, stay out. */
function tracedCloud(cloud: Cloud, spans: Spans): Cloud {
  return new Proxy(cloud, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      const attributes = { 'peer.service': 'digitalocean' };
      return (...args: unknown[]) =>
        spans.within(`DigitalOcean ${String(name)}`, { kind: SpanKind.CLIENT, attributes }, () =>
          Promise.resolve(method.apply(target, args)),
        );
    },
  });
}
