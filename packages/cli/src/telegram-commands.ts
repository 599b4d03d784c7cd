/** The commands that connect people to the node, for the table of commands. */
export const telegramCommands = [
  { path: "telegram", group: "node" },
  {
    path: "telegram setup",
    group: "node",
    options: [
      { flags: "--api-root <url>", text: "option.api_root" },
      { flags: "--token-file <file>", text: "option.token_file" },
      { flags: "--expires <time>", text: "option.code_expires" },
      { flags: "--lang <language>", text: "option.lang" },
      { flags: "-y, --yes", text: "option.webhook_yes" },
    ],
    load: async () => (await import("./commands/telegram-setup.ts")).telegramSetup,
  },
] as const;
