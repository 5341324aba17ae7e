import fc from 'fast-check';

/** Rounds for each RPC, of requests sent at once. CIRCUIT_FUZZ_RUNS asks for more. */
export const rounds = Number(process.env.CIRCUIT_FUZZ_RUNS ?? 3);
export const atOnce = 20;

/** What a run can be had again by. */
const seed = Number(process.env.CIRCUIT_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
fc.configureGlobal({ seed });
console.log(`To have this run of the fuzzer again: CIRCUIT_FUZZ_SEED=${seed} CIRCUIT_FUZZ_RUNS=${rounds}`);

/** gRPC codes that say that it is our fault, or that nobody knows whose: what no request may bring about. */
const faults: readonly string[] = ['INTERNAL', 'UNKNOWN', 'DATA_LOSS', 'DEADLINE_EXCEEDED', 'UNAVAILABLE'];

/** Those, and what says that a caller is not known whose token holds; only a call that brings a token may say so. */
export function faultsOf({ event }: { readonly event: string }): readonly string[] {
  return event === 'auth.refresh' ? faults : [...faults, 'UNAUTHENTICATED'];
}
