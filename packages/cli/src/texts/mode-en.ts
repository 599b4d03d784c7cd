/** The texts of `mode`: the policies by which answers are made. */
export const modeEn = {
  "summary.mode": "modes: how answers come about",
  "example.mode": `{adyton} mode list
{adyton} mode new editor`,
  "summary.mode list": "the modes of the node",
  "example.mode list": "{adyton} mode list",
  "summary.mode show": "everything that makes up one mode",
  "example.mode show": "{adyton} mode show recursia",
  "summary.mode new": "write a commented file for a mode of your own",
  "example.mode new": "{adyton} mode new editor",
  "mode.columns": "mode|answered by|at most|what it is",
  "mode.by.model": "the model",
  "mode.by.extractive": "memory, without a model",
  "mode.by.rag": "the model, from memory",
  "mode.by.recursia": "the model, checked",
  "mode.by.command": "a command of the node",
  "mode.version": "version",
  "mode.aliases": "also called",
  "mode.how": "answered by",
  "mode.limits": "at most",
  "mode.sources": "reads only",
  "mode.generation": "generates with",
  "mode.tools": "clients' tools",
  "mode.tier": "for callers from",
  "mode.output": "form of the answer",
  "mode.yes": "shown to the model",
  "mode.no": "not shown to the model",
  "mode.passages": "{count} {count|passage|passages}",
  "mode.calls": "{count} {count|call|calls}",
  "mode.tokens": "{count} tokens",
  "mode.seconds": "{count} s",
  "mode.answer": "{count} tokens an answer",
  "mode.unknown": "There is no mode {name}.",
  "mode.see_list": "See: {adyton mode list}",
  "mode.bad_name":
    "{name} cannot be a mode's name: Latin letters, digits, _ and -, a letter first, 64 at most.",
  "mode.taken": "{name} is a mode of the node itself; take another name.",
  "mode.exists": "{file} is there already; it is kept.",
  "mode.next":
    "Change it, look at it with {adyton config check}, and start the node again; then: {adyton say -m {name} hello}",
  "template.mode": `# A mode: how answers come about, and what one of them may use.
# Check with:  adyton config check        Modes are read once, at the start.
# Lines that begin with "#:" are examples. Behind a "#" stand the defaults.

# Its name: adyton say -m {name}, /mode {name}, the model adyton/{name}.
id: {name}
# Yours to count; it is shown beside the name.
version: "1"
# Further names.
#aliases: []

# How an answer comes about. direct: one answer of the model. rag: from memory alone, each quotation checked.
# recursia: a first answer, replaced only where something shows another to be better.
base: direct

# What it is for, in a line, in both languages.
summary:
  en: A mode of my own.
  ru: Мой режим.

# What the model is told behind the node's own prompt.
prompt: |
  Answer in three sentences at most.

# How the model generates (base: direct). Left out, the model server decides.
#: temperature: 0.2
#: top_p: 0.9
# Tokens that an answer may have.
#: answer_tokens: 500

# Passages of memory (base: rag or recursia), from sources that begin like one of these; none named, from all.
#: retrieval:
#:   k: 5
#:   sources: [house/]

# What one answer may use: calls and tokens (base: rag or recursia), seconds.
#: budget:
#:   calls: 2
#:   tokens: 12000
#:   wall_seconds: 90

# Whether tools that a program sends along are shown to the model (base: direct or recursia).
#tools: true

# The form of the answer (base: direct or recursia): a JSON schema of type, properties, required, items, enum and
# additionalProperties. The answer is checked, and asked for once more when it does not fit.
#: output:
#:   type: object
#:   required: [topic]
#:   properties:
#:     topic:
#:       enum: [heating, light]

# Who is trusted less may not use it: owner, operator, member, local (every program on this machine).
#min_tier: local
`,
} as const;
