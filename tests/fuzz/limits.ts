/** Rounds for each RPC, of requests sent at once. CIRCUIT_FUZZ_RUNS asks for more. */
export const rounds = Number(process.env.CIRCUIT_FUZZ_RUNS ?? 3);
export const atOnce = 20;

/** gRPC codes that say that it is our fault, or that nobody knows whose: what no request may bring about. */
export const faults: readonly string[] = ['INTERNAL', 'UNKNOWN', 'DATA_LOSS', 'DEADLINE_EXCEEDED', 'UNAVAILABLE'];
