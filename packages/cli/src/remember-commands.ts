/** The commands of facts, proposals and blocks, below `memory`. */
export const rememberCommands = [
  { path: "memory fact", group: "data" },
  {
    path: "memory fact add",
    args: "<subject> <attribute> <value...>",
    group: "data",
    options: [
      { flags: "--from <time>", text: "option.fact_from" },
      { flags: "--to <time>", text: "option.fact_to" },
      { flags: "--confidence <share>", text: "option.confidence" },
      { flags: "--shared", text: "option.shared" },
    ],
    load: async () => (await import("./commands/memory-fact.ts")).factAdd,
  },
  {
    path: "memory fact list",
    args: "[subject] [attribute]",
    group: "data",
    options: [
      { flags: "--at <time>", text: "option.at" },
      { flags: "--history", text: "option.history" },
      { flags: "--conflicting", text: "option.conflicting" },
    ],
    load: async () => (await import("./commands/memory-fact.ts")).factList,
  },
  {
    path: "memory fact retract",
    args: "<id>",
    group: "data",
    load: async () => (await import("./commands/memory-fact.ts")).factRetract,
  },
  { path: "memory proposal", group: "data" },
  {
    path: "memory proposal list",
    group: "data",
    load: async () => (await import("./commands/memory-proposal.ts")).proposalList,
  },
  {
    path: "memory proposal accept",
    args: "<id>",
    group: "data",
    load: async () => (await import("./commands/memory-proposal.ts")).proposalAccept,
  },
  {
    path: "memory proposal reject",
    args: "<id>",
    group: "data",
    load: async () => (await import("./commands/memory-proposal.ts")).proposalReject,
  },
  { path: "memory block", group: "data" },
  {
    path: "memory block save",
    args: "<name> <text...>",
    group: "data",
    load: async () => (await import("./commands/memory-block.ts")).blockSave,
  },
  {
    path: "memory block list",
    group: "data",
    load: async () => (await import("./commands/memory-block.ts")).blockList,
  },
  {
    path: "memory block versions",
    args: "<name>",
    group: "data",
    load: async () => (await import("./commands/memory-block.ts")).blockVersions,
  },
  {
    path: "memory block remove",
    args: "<name>",
    group: "data",
    load: async () => (await import("./commands/memory-block.ts")).blockRemove,
  },
] as const;
