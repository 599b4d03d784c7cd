/** What `--help` says: commands, their options, examples. */
export const helpEn = {
  "program.name": "{adyton}",
  "program.summary": "Your own language model in a room with no door.",
  "program.more": `First steps:
  {adyton} up                      start the node
  {adyton} say hello               say something to it (in another terminal)
  {adyton} COMMAND --help          how a command is used, with examples

Exit codes: 0 done, 1 failed, 2 wrong usage, 69 the node does not answer.
Environment: ADYTON_HOME (the node's folder), NO_COLOR, LC_ALL, LC_MESSAGES, LANG (English or Russian).`,
  "help.usage": "Usage:",
  "help.usage_options": "[options]",
  "help.usage_command": "[command]",
  "help.arguments": "Arguments:",
  "help.options": "Options:",
  "help.commands": "Commands:",
  "help.examples": "Examples:",
  "group.node": "The node:",
  "group.talk": "Talking to it:",
  "group.data": "What it knows and has done:",
  "group.care": "Looking after it:",
  "option.help": "show this help",
  "option.version": "show the version",
  "option.home": "the node's folder (default: ADYTON_HOME, else ~/.adyton)",
  "option.port": "the node's port (default: the running node's, else adyton.yaml, else 7860)",
  "option.port_up": "the node's port (default: adyton.yaml's, else 7860; 0: any free one)",
  "option.port_emulator": "the emulator's port (default: any free one)",
  "option.tls_port": "speak TLS too, at this port: so it can be tried behind a relay",
  "option.json": "answer as JSON",
  "option.backend": "the model server's address; auto: the first that is found; none: no model",
  "option.model": "which of the server's models",
  "option.force": "replace an adyton.yaml that is there",
  "option.conversation": "the conversation (default: cli; new: a new one)",
  "option.mode": "a mode for this message only",
  "option.watch": "show drafts, checks, votes and verdicts as they come",
  "option.no_stream": "print the answer when it is complete",
  "option.turns": "ends after so many turns (default: 20)",
  "option.seconds": "ends after so many seconds (default: 86400)",
  "option.follow": "go on with the records to come; Ctrl-C ends",
  "option.last": "the newest so many records (default: 20)",
  "option.type": "only records of this type; a prefix ends in a dot",
  "option.after": "records after this number",
  "option.shared": "everyone may find it (default: only you)",
  "option.external": "somebody else wrote it: a page, a mail, a log",
  "option.title": "the document's title (default: its first heading, else the file's name)",
  "option.dry_run": "only say what would be done",
  "option.limit": "at most so many results (default: 8)",
  "option.forget_document": "a document, with all its versions",
  "option.forget_fact": "a fact or a proposal, by its id",
  "option.forget_block": "a pinned block, with all its versions",
  "option.forget_subject": "every fact about this subject",
  "option.forget_run": "a turn, by its run",
  "option.forget_conversation": "a conversation, by its name or its key (cv_…)",
  "option.forget_source": "documents and events of this source",
  "option.forget_text": "whatever was said with this text in it",
  "option.forget_person": "only what this person said: owner, token:NAME",
  "option.forget_since": "only from this time on: 2026-11-20 or 2026-11-20T18:00",
  "option.forget_until": "only up to this time",
  "option.forget_everything": "everything that is yours",
  "option.yes": "do not ask",
  "option.days": "the last so many days (default: 30)",
  "option.may": "what the token permits, separated by commas",
  "option.person": "the token is another person's: nobody else is shown what they say",
  "option.expires": "when it ends: 30d, 12h, or a date such as 2027-01-31",
  "option.persona": "a model with one flaw, for example forget_middle or truncate(4096)",
  "option.token_delay": "milliseconds before each token (default: 0)",
  "option.emulated_model": "the name of the emulated chat model",
  "option.redis": "where the node puts its work: redis://HOST:PORT/DB",
  "option.worker_backend": "the model server of this machine",
  "option.concurrency": "answers at once (default: 1)",
  "option.worker_name": "how the node names this worker (default: the machine's name)",
  "option.key_file": "the key that the node and its workers share",
  "option.password_file": "a file with the password of Redis",
  "option.api_key_file": "a file with the key of the model server",
  "summary.help": "how a command is used",
  "summary.up": "start the node; Ctrl-C stops it",
  "example.up": `{adyton} up
{adyton} up --backend http://127.0.0.1:11434/v1 --model qwen3:8b
{adyton} up --home /srv/adyton --port 7861
{adyton} up --backend none          # quotes from memory only`,
  "summary.init": "write a commented adyton.yaml",
  "example.init": `{adyton} init
{adyton} init --home /srv/adyton
{adyton} init --force               # replaces the one that is there`,
  "summary.say": "say something; without text on a terminal, a conversation",
  "example.say": `{adyton} say "How do I make a backup?"
cat app.log | {adyton} say "what is wrong?"
{adyton} say -c new -m extractive "Telegram"
{adyton} say /help
{adyton} say                        # a conversation; Ctrl-D ends`,
  "summary.think": "ask in the mode RECURSIA: a first answer, checked",
  "example.think": `{adyton} think "Calculate 17 * 23" --watch
{adyton} think "How many moons has Mars?" -c new`,
  "summary.rethink": "think the last answer over; it is replaced only by a better one",
  "example.rethink": `{adyton} rethink --watch
{adyton} rethink 2                  # the answer before the last`,
  "summary.command": "execute a command of the node",
  "example.command": `{adyton} command help
{adyton} command switch_mode mode=EXTRACTIVE lifetime.turns=5 -c kitchen
{adyton} command prompt '{"text": "Answer in verse."}'`,
  "summary.prompt": "insert an intent into a conversation, with an expiry",
  "example.prompt": `{adyton} prompt "Answer in verse." -c kitchen --turns 5
{adyton} prompt "Answer briefly." --seconds 3600
{adyton} prompt remove ovl_3f9c2a7e`,
  "summary.prompt remove": "remove an inserted intent before it ends",
  "example.prompt remove": "{adyton} prompt remove ovl_3f9c2a7e",
  "summary.self": "the node's own structure",
  "example.self": `{adyton} self
{adyton} self --json | jq .routes
{adyton} self -c kitchen`,
  "summary.pulse": "check the context and the node, fast; exit code 1 where a check fails",
  "example.pulse": `{adyton} pulse
{adyton} pulse -c work --json`,
  "summary.mirror": "examine the context and the model; exit code 1 where a check fails",
  "example.mirror": `{adyton} mirror
{adyton} mirror -c work --json`,
  "summary.resonance": "say in your own words what you want to look at; changes nothing",
  "example.resonance": `{adyton} resonance "check yourself"
{adyton} resonance "what can you do"`,
  "summary.logs": "the journal: what happened, newest last",
  "example.logs": `{adyton} logs
{adyton} logs -f
{adyton} logs -n 100 --type turn.
{adyton} logs --after 1200 --json`,
  "summary.memory": "documents that answers are taken from",
  "example.memory": `{adyton} memory add notes.md
{adyton} memory search "when was the boiler serviced"`,
  "summary.memory add": "add documents (md, txt, html, pdf, csv, json, log)",
  "example.memory add": `{adyton} memory add notes.md manual.txt
{adyton} memory add --shared --title "House rules" rules.md
git log | {adyton} memory add - --title "History"`,
  "summary.memory import":
    "add whole folders, or take over an export; what is there is passed over",
  "example.memory import": `{adyton} memory import notes/ --dry-run
{adyton} memory import notes/ "reports/**/*.csv" --shared`,
  "summary.memory export": "write memory to a file, to keep or to carry to another node",
  "example.memory export": `{adyton} memory export memory.jsonl
{adyton} memory import memory.jsonl`,
  "summary.memory search": "search memory",
  "example.memory search": `{adyton} memory search "when was the boiler serviced"
{adyton} memory search backup --limit 3 --json`,
  "summary.memory list": "the documents in memory",
  "example.memory list": "{adyton} memory list",
  "summary.memory forget": "erase what was said or added, and what was made of it",
  "example.memory forget": `{adyton} memory forget --text "the code of the alarm"
{adyton} memory forget --conversation cli --yes
{adyton} memory forget --person token:anna --since 2026-11-01`,
  "summary.usage": "messages, tokens and time by day",
  "example.usage": `{adyton} usage
{adyton} usage --days 7`,
  "summary.journal": "check, back up and restore the journal",
  "example.journal": `{adyton} journal verify
{adyton} journal backup`,
  "summary.journal verify": "check that the journal is what was written",
  "example.journal verify": `{adyton} journal verify
{adyton} journal verify --json | jq .headHash`,
  "summary.journal backup": "write a backup; with the node stopped, to any folder",
  "example.journal backup": `{adyton} journal backup
{adyton} journal backup /mnt/usb/adyton     # while the node is stopped`,
  "summary.journal restore": "put a backup back, while the node is stopped",
  "example.journal restore": "{adyton} journal restore ~/.adyton/backups/20261120T120000Z",
  "summary.journal accept": "accept the journal as it stands after a known loss",
  "example.journal accept": "{adyton} journal accept",
  "summary.journal rebuild": "make anew what is derived from the journal",
  "example.journal rebuild": "{adyton} journal rebuild",
  "summary.token": "credentials for programs and people",
  "example.token": `{adyton} token add boiler --may event
{adyton} token list`,
  "summary.token add": "make a token; its secret is shown once",
  "example.token add": `{adyton} token add boiler --may event
{adyton} token add laptop --may say,read,memory:read --expires 30d
{adyton} token add anna --may say --person
secret=$({adyton} token add script --may say)`,
  "summary.token list": "all tokens",
  "example.token list": "{adyton} token list",
  "summary.token revoke": "revoke a token at once",
  "example.token revoke": "{adyton} token revoke boiler",
  "summary.health": "whether the node works, part by part",
  "example.health": `{adyton} health
{adyton} health --json`,
  "summary.config": "the configuration file",
  "example.config": `{adyton} config check
{adyton} config show`,
  "summary.config check": "every mistake in adyton.yaml, with its line",
  "example.config check": "{adyton} config check",
  "summary.config show": "every setting as it counts",
  "example.config show": `{adyton} config show
{adyton} config show --json`,
  "summary.doctor": "what keeps the node from working, and its cure",
  "example.doctor": "{adyton} doctor",
  "summary.worker": "answers for a node elsewhere with the model of this machine",
  "example.worker": `{adyton} worker --redis redis://10.0.0.5:6379/0 --key-file workers.key --backend http://127.0.0.1:8080
{adyton} worker --redis redis://127.0.0.1:6379/0 --backend http://127.0.0.1:11434 --concurrency 2`,
  "summary.worker key": "makes the key that a node and its workers share",
  "example.worker key": "{adyton} worker key workers.key",
  "summary.relay": "the second machine, which the messenger sees in place of this one",
  "example.relay": "{adyton} relay bundle ./adyton-relay",
  "summary.relay bundle": "the relay as files to copy to its machine",
  "example.relay bundle": "{adyton} relay bundle ./adyton-relay",
  "summary.relay key": "makes the key that a node and its relay share",
  "example.relay key": "{adyton} relay key link.key",
  "summary.emulate": "servers to try things with",
  "example.emulate": "{adyton} emulate openai",
  "summary.emulate openai": "a scripted model server that speaks the OpenAI protocol",
  "summary.emulate telegram": "a Telegram for trying the bot, with a page to chat on",
  "example.emulate telegram": `{adyton} emulate telegram --port 8081
{adyton} emulate telegram --port 8081 --tls-port 8082`,
  "example.emulate openai": `{adyton} emulate openai --port 8080
{adyton} emulate openai --persona "truncate(4096)" --token-delay 20`,
  "summary.completion": "completion for bash, zsh or fish",
  "example.completion": `source <({adyton} completion bash)
{adyton} completion zsh > ~/.zfunc/_adyton
{adyton} completion fish > ~/.config/fish/completions/adyton.fish`,
  "summary.version": "the version",
  "example.version": "{adyton} version",
} as const;
