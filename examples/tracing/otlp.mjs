// Loads OpenTelemetry into a process of the mesh and sends its spans to a collector, by OTLP over HTTP:
// NODE_OPTIONS=--import=/path/to/otlp.mjs. What is sampled and where it goes say OpenTelemetry's own variables, such as
// OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER and OTEL_SERVICE_NAME.

import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';

// `circuit serve chat` is called circuit-serve-chat, unless OTEL_SERVICE_NAME says otherwise.
const words = process.argv.slice(2);
const options = words.findIndex((word) => word.startsWith('-'));
const command = options === -1 ? words : words.slice(0, options);
const named = resourceFromAttributes({ 'service.name': ['circuit', ...command].join('-') });

const provider = new BasicTracerProvider({
  resource: defaultResource()
    .merge(named)
    .merge(detectResources({ detectors: [envDetector] })),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
});
trace.setGlobalTracerProvider(provider);
context.setGlobalContextManager(new AsyncLocalStorageContextManager());

// A process that ended in order has nothing left to do: what was not sent yet is sent now.
process.once('beforeExit', () => provider.shutdown());
