/**
 * Milliseconds of the processor that some work takes in this thread. They do not grow while the machine does something
 * else, as the time that passes does: a bound on them says something of the code alone.
 */
export function processorMs(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
