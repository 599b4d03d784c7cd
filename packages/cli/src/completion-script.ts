import { commandEntries, optionsOf, type CommandEntry } from "./command-table.ts";
import type { TextKey, Translate } from "./texts/translate.ts";

export const shellNames = ["bash", "zsh", "fish"] as const;
export type ShellName = (typeof shellNames)[number];

interface Word {
  readonly word: string;
  readonly text: string;
}

/** What may follow the words of a command: its subcommands, its fixed arguments and its options. */
function wordsAfter(path: string, t: Translate, modes: readonly string[]): Word[] {
  const depth = path === "" ? 0 : path.split(" ").length;
  const below = commandEntries
    .filter((entry) => entry.path.split(" ").length === depth + 1)
    .filter((entry) => path === "" || entry.path.startsWith(`${path} `))
    .map((entry) => {
      const key: TextKey = `summary.${entry.path}`;
      return { word: entry.path.split(" ").at(-1) ?? "", text: t(key) };
    });
  const own: CommandEntry | undefined = commandEntries.find((entry) => entry.path === path);
  const options = optionsOf(own).map(({ flags, text }) => ({
    word: /--[a-z-]+/.exec(flags)?.[0] ?? "",
    text: t(text),
  }));
  const fixed = { completion: shellNames, "mode show": modes }[path] ?? [];
  return [
    ...below,
    ...fixed.map((word) => ({ word, text: "" })),
    ...options,
    { word: "--help", text: t("option.help") },
  ];
}

/**
 * A script that a shell sources; the commands, and the names of the modes, are built in, so that pressing Tab starts no
 * process.
 */
export function completionScript(shell: ShellName, t: Translate, modes: readonly string[]): string {
  const paths = ["", ...commandEntries.map(({ path }) => path)];
  const tables = paths.map((path) => ({ path, words: wordsAfter(path, t, modes) }));
  if (shell === "bash") return bashScript(tables, modes);
  return shell === "zsh" ? zshScript(tables, modes) : fishScript(tables, modes);
}

interface Table {
  readonly path: string;
  readonly words: readonly Word[];
}

function bashScript(tables: readonly Table[], modes: readonly string[]): string {
  const cases = tables.map(
    ({ path, words }) => `    "${path}") words="${words.map(({ word }) => word).join(" ")}" ;;`,
  );
  return `# bash completion of adyton: source <(adyton completion bash)
_adyton() {
  local path="" word words="" index current="\${COMP_WORDS[COMP_CWORD]}"
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$word" in
      --home|--port) ((index++)) ;;
      -*) ;;
      *) case "|${tables.map(({ path }) => path).join("|")}|" in
           *"|\${path:+$path }$word|"*) path="\${path:+$path }$word" ;;
           *) break ;;
         esac ;;
    esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
    -m|--mode) words="${modes.join(" ")}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _adyton adyton ./adyton
`;
}

function zshScript(tables: readonly Table[], modes: readonly string[]): string {
  const cases = tables.map(({ path, words }) => {
    const items = words.map(({ word, text }) => quote(`${word}:${text}`)).join(" ");
    return `    ${quote(path)}) items=(${items}) ;;`;
  });
  return `#compdef adyton
# zsh completion of adyton: source <(adyton completion zsh)
_adyton() {
  local path_words="" word
  local -a items known
  known=(${tables.map(({ path }) => quote(path)).join(" ")})
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -* ]] && continue
    if (( \${known[(Ie)\${path_words:+$path_words }$word]} )); then
      path_words="\${path_words:+$path_words }$word"
    fi
  done
  case "$path_words" in
${cases.join("\n")}
  esac
  [[ \${words[CURRENT-1]} == (-m|--mode) ]] && items=(${modes.map(quote).join(" ")})
  _describe adyton items
  _files
}
compdef _adyton adyton ./adyton
`;
}

function fishScript(tables: readonly Table[], modes: readonly string[]): string {
  const lines = tables.flatMap(({ path, words }) =>
    words.map(({ word, text }) => {
      const condition = quote(`__adyton_at ${path}`.trim());
      const what = word.startsWith("--") ? `-l ${word.slice(2)}` : `-a ${word}`;
      return `complete -c adyton -n ${condition} ${what}${text === "" ? "" : ` -d ${quote(text)}`}`;
    }),
  );
  return `# fish completion of adyton: adyton completion fish | source
function __adyton_at
  set -l given
  for word in (commandline -opc)[2..]
    string match -q -- '-*' $word; or set -a given $word
  end
  test "$given" = "$argv"
end
${lines.join("\n")}
complete -c adyton -n '__adyton_at say' -s m -l mode -x -a ${quote(modes.join(" "))}
`;
}

/** For zsh and fish alike: neither expands anything inside single quotes. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}
