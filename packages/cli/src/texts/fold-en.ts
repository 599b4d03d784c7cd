/** The texts of `fold`: what went wrong in a log. */
export const foldEn = {
  "summary.fold":
    "what went wrong in a log: lines that say the same, and a checked guess at the cause",
  "example.fold": `{adyton} fold                               # the node's own log, the last 15 minutes
{adyton} fold /var/log/nginx/error.log
journalctl -o export --since -1h | {adyton} fold -
{adyton} fold --log web --window 2h         # a log of adyton.yaml
{adyton} fold app.csv --json`,
  "option.log": "a log that adyton.yaml registers, in place of a file",
  "option.window": "how far back, such as 15m, 2h, 7d; without it a file is folded whole",
  "option.as": "remember its clusters under this name",
  "fold.file_or_log": "Name a file or, with --log, a registered log, not both.",
  "fold.waiting": "folding the log, {seconds} s",
  "fold.empty": "There are no lines in it.",
  "fold.tail":
    "Only the newest part fits into a request; a log registered in adyton.yaml is read by the node itself.",
} as const;
