// Counts and times the calls of a host, by method and code. Counters are asked for once for each pair and kept.

import type { CircuitError } from '../errors/circuit-error.ts';
import { type CodeName, reasonRule } from '../errors/reasons.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { CallObserver } from './dispatch.ts';
import type { RunningCall } from './running-call.ts';

type MethodMetrics = {
  readonly seconds: { observe(value: number): void };
  readonly answered: Map<CodeName | 'OK', { inc(): void }>;
};

export class CallMetrics implements CallObserver {
  readonly #metrics: Metrics;
  readonly #methods = new Map<string, MethodMetrics>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  ended(call: RunningCall, error: CircuitError | undefined): void {
    const { name } = call.method.schema;
    const code = error === undefined ? 'OK' : reasonRule(error.reason).code;
    const method = this.#of(name);
    method.seconds.observe((performance.now() - call.startedMs) / 1_000);
    let answered = method.answered.get(code);
    if (answered === undefined) {
      answered = this.#metrics.counter('circuit_rpc_total', { method: name, code });
      method.answered.set(code, answered);
    }
    answered.inc();
  }

  #of(name: string): MethodMetrics {
    let method = this.#methods.get(name);
    if (method === undefined) {
      method = { seconds: this.#metrics.histogram('circuit_rpc_seconds', { method: name }), answered: new Map() };
      this.#methods.set(name, method);
    }
    return method;
  }
}
