// How busy this process is: a load generator near a whole core is itself what is measured.

/** From now on; what it returns tells the share of a core that this process used since. */
export function ownShare(): () => number {
  const before = process.cpuUsage();
  const started = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / (performance.now() - started);
  };
}
