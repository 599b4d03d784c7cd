const signals = { SIGINT: 2, SIGTERM: 15 } as const;

/** Resolves at the first Ctrl-C or SIGTERM. The next one ends the process at once, whatever is still being closed. */
export function untilSignal(): Promise<keyof typeof signals> {
  const { promise, resolve } = Promise.withResolvers<keyof typeof signals>();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => {
      resolve(name);
      for (const again of ["SIGINT", "SIGTERM"] as const)
        process.on(again, () => process.exit(128 + signals[again]));
    });
  return promise;
}
