/** The commands that connect people to the node, for the table of commands. */
export const telegramCommands = [
  { path: "telegram", group: "node" },
  {
    path: "telegram setup",
    group: "node",
    options: [
      { flags: "--api-root <url>", text: "option.api_root" },
      { flags: "--token-file <file>", text: "option.token_file" },
      { flags: "--proxy <address>", text: "option.proxy" },
      { flags: "--proxy-login-file <file>", text: "option.proxy_login_file" },
      { flags: "--expires <time>", text: "option.code_expires" },
      { flags: "--lang <language>", text: "option.lang" },
      { flags: "-y, --yes", text: "option.webhook_yes" },
    ],
    load: async () => (await import("./commands/telegram-setup.ts")).telegramSetup,
  },
  {
    path: "telegram confirm",
    args: "<id>",
    group: "care",
    options: [{ flags: "--expires <when>", text: "option.confirm_expires" }],
    load: async () => (await import("./commands/confirm.ts")).confirmOwner,
  },
  {
    path: "telegram confirm list",
    group: "care",
    load: async () => (await import("./commands/confirm.ts")).confirmedOwners,
  },
  {
    path: "telegram confirm revoke",
    args: "<id>",
    group: "care",
    load: async () => (await import("./commands/confirm.ts")).revokeOwner,
  },
  {
    path: "pair",
    group: "care",
    options: [
      { flags: "--name <name>", text: "option.pair_name" },
      { flags: "--expires <when>", text: "option.pair_expires" },
    ],
    load: async () => (await import("./commands/pair.ts")).pair,
  },
  {
    path: "pair list",
    group: "care",
    load: async () => (await import("./commands/pair.ts")).pairList,
  },
  {
    path: "pair revoke",
    args: "<name>",
    group: "care",
    load: async () => (await import("./commands/pair.ts")).pairRevoke,
  },
] as const;
