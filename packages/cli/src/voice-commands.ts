/** The commands about speech. */
export const voiceCommands = [
  { path: "voice", group: "care" },
  {
    path: "voice check",
    args: "<folder> [recording]",
    group: "care",
    load: async () => (await import("./commands/voice.ts")).voiceCheck,
  },
] as const;
