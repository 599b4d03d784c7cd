/** The commands about the relay. */
export const relayCommands = [
  { path: "relay", group: "node" },
  {
    path: "relay bundle",
    args: "<folder>",
    group: "node",
    load: async () => (await import("./commands/relay.ts")).relayBundle,
  },
  {
    path: "relay key",
    args: "<file>",
    group: "node",
    load: async () => (await import("./commands/relay.ts")).relayKey,
  },
] as const;
