/** The adyton.yaml that `init` writes: a test takes away every "#" and finds exactly the defaults. */
export const templateEn = {
  "template.config": `# Configuration of Adyton. Every key may be left out; behind a "#" stand the defaults.
# To change one, take away its "#". Lines that begin with "#:" are examples, not defaults.
# Check with:  adyton config check        The file is read once, at the start.

# The node listens on 127.0.0.1 and ::1 at this port, and nowhere else.
# At socket_port, where it is not 0, programs on this machine may speak in lines of JSON (127.0.0.1 only).
#listen:
#  port: 7860
#  socket_port: 0

# The language of the node's own words: auto (that of the question), en, ru.
#language: auto

# The model servers, any that speak the OpenAI protocol. Without one the node looks at the usual local ports. Of
# several, each takes its share of the questions; when one fails, another takes its question over.
#backends: []
#: backends:
#:   - name: main
#:     url: http://127.0.0.1:11434/v1
#:     # Which of its models; left out, the first that can chat.
#:     model: qwen3:8b
#:     # A file with the key, readable by you alone.
#:     api_key_file: /home/me/.secrets/model-key
#:     # Its share of the questions among several servers; 0: only while no other works.
#:     weight: 1
#:     # What it is for: chat, embeddings, verifier.
#:     roles: [chat]
#:     # How many answers it writes at once.
#:     concurrency: 8
#:     # The size of the model's window, where the server does not tell it.
#:     context_tokens: 32768
#:     # Whether its model sees pictures.
#:     vision: true
#:   - name: own
#:     # In place of url: a model file that "adyton model add" has added.
#:     embedded: qwen3-4b
#:     # Processor threads for it; left out, one less than there are cores.
#:     threads: 4
#:     # off, or auto: the GPU, where its parts are installed.
#:     gpu: off

# Workers on other machines, which get the model's work through Redis. They are started by \`adyton worker\`.
#: workers:
#:   redis: redis://10.0.0.5:6379/0
#:   # The key that seals what lies in Redis, made by \`adyton worker key FILE\`; not needed on the loopback.
#:   key_file: /home/me/.secrets/workers.key
#:   # A file with the password of Redis.
#:   password_file: /home/me/.secrets/redis-password
#:   # Seconds a question waits while no worker is there.
#:   wait_seconds: 20
#:   # Their share of the questions beside the servers above.
#:   weight: 1

# Log files that the command fold_error may read, beside the node's own. No other file is ever read for it.
#logs: []
#: logs:
#:   - name: nginx
#:     path: /var/log/nginx/error.log

# The Telegram bot: only whom you name here is answered, by Telegram's numeric ids. Everybody else gets silence.
#: telegram:
#:   # A file with the bot's token, readable by you alone.
#:   token_file: /home/me/.secrets/telegram-token
#:   # They may do everything you may.
#:   owners: [123456789]
#:   # They may talk to the node.
#:   allowed_user_ids: [234567890]
#:   # Groups in which those above may address the bot by its name.
#:   groups: [-1001234567890]
#:   # In private chats answers grow in a draft, as new apps show it, and not in their message.
#:   drafts: true
#:   # A server of the same interface, such as the one of \`adyton emulate telegram\`.
#:   api_root: https://api.telegram.org
#:   # direct; proxy: through a proxy, which is named next; blind: through the relay, which then needs its address below; bot: the relay runs the bot and has the
#:   # token, so that token_file is left out here.
#:   via: blind
#:   # socks5:// or http://, for \`via: proxy\` alone, and a file with its user:password, if it asks for one.
#:   # proxy: socks5://192.0.2.1:1080
#:   # proxy_login_file: /home/me/.secrets/proxy-login

# The second machine, which the messenger sees in place of this one (\`adyton relay bundle\`).
#: relay:
#:   # Its address and port inside the tunnel.
#:   address: 10.77.0.1:8443
#:   # A key that the relay has too, made by \`adyton relay key FILE\`: the layout bot needs it, and with it every relay tells
#:   # the time, which this machine's clock is compared with.
#:   link_key_file: /home/me/.secrets/link-key
#:   # Where it tells the time.
#:   time_port: 7862

# A server that writes down what is said in recordings, by OpenAI's route /v1/audio/transcriptions.
#: voice:
#:   url: http://127.0.0.1:8081/v1
#:   # Its model; servers with one do not look.
#:   model: whisper-1
#:   # A file with its key, if it asks for one.
#:   api_key_file: /home/me/.secrets/voice-key
#:   # What is spoken, in two letters; left out, the server finds out.
#:   language: en
# In place of all these, the folder of a model with which the node hears by itself (see: adyton voice check), as in
# voice: {folder: /home/me/models/giga-am}

#turns:
#  # Seconds that one answer may take.
#  wall_seconds: 600
#  # How many earlier turns the model is shown, as far as they fit into its window.
#  history_turns: 20
#: turns:
#:   # Tokens that one answer may have; left out, the model server decides.
#:   answer_tokens: 1024
#:   # What the model is told first, in place of the node's own words.
#:   prompt: "You are the assistant of a small workshop. Answer briefly."

# Rules for the model's answers. Nothing is refused for them; self-checks show whether they are kept.
#invariants:
#  # Texts that must not occur, in any case.
#  forbidden: []
#  # Whether every answer is one JSON value.
#  json: false
#: invariants:
#:   # The language of answers: that of the question (same, the default with the node's own prompt), any, en or ru.
#:   language: same
#:   # Characters that an answer may have.
#:   answer_chars: 2000
#:   forbidden: ["as an AI"]

# The mode RECURSIA and /rethink: what one run may use.
#recursia:
#  # Calls of the model.
#  calls: 8
#  # Tokens, read and written.
#  tokens: 12000
#  # Seconds; the first answer is not counted against them.
#  wall_seconds: 90
#  # Tokens of one principal in a day, all its turns counted; beyond them answers are given without rethinking.
#  tokens_per_day: 1000000

# Facts and what is proposed as one.
#memory:
#  # Days a proposed fact waits for your decision.
#  proposal_days: 30
#: memory:
#:   # Days after which a fact ends that was told without an end; left out, it holds until another takes its place.
#:   fact_days: 365

# Answers that texts of other people went into are without working links, but for these hosts and their subdomains.
#: exit:
#:   links: [docs.example.com]
#:   # What else is never sent through a messenger, such as the public address of your household.
#:   hide: ["81.2.69.142"]
#:   # Names of this machine that may be sent, because they are words too.
#:   keep: [atlas]

# How long things are kept. Left out: for ever.
#retention:
#  # Days that the traces of runs are kept.
#  trace_days: 30
#: retention:
#:   # Days that messages and answers are kept.
#:   message_days: 365
#:   # Days that events from outside are kept.
#:   event_days: 365
`,
} as const;
