/**
 * Secrets in a line of a log, by what stands before them and by the forms in which they are issued. Whatever looks like
 * one goes: a word too many in a cluster's text costs nothing, a password in the journal cannot be taken back.
 */
const hint =
  /pass|pwd|secret|token|api.?key|access.?key|private.?key|credential|session|cookie|auth|bearer|basic |sid=|eyJ|AKIA|ASIA|AIza|gh[pousr]_|github_pat|glpat|adyton_|xox[abprs]|sk-|whsec|hooks\.slack|\d{6,12}:[\w-]{30}|-----BEGIN|парол|секрет|токен|ключ/i;

const name =
  "[\\p{L}\\p{N}_.-]*(?:pass(?:w(?:or)?d|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|session(?:[_-]?id)?|auth|парол[ья]|секрет|токен|ключ)[\\p{L}\\p{N}_-]*";

const mask = "<secret>";
const patterns: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/-----BEGIN [A-Z ]*(?:PRIVATE KEY|CERTIFICATE)-----.*/gs, mask],
  // A header's value reaches to the end of the line or of the quotation.
  [
    /\b((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-auth-token)(["']?\s*[:=]\s*["']?)[^"'\n]+/giu,
    `$1$2${mask}`,
  ],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/giu, `$1 ${mask}`],
  [
    new RegExp(
      `(?<![\\p{L}\\p{N}])(${name})(["']?\\s*(?:=>|[:=])\\s*)("[^"]*"|'[^']*'|«[^»]*»|[^\\s,;&]+)`,
      "giu",
    ),
    `$1$2${mask}`,
  ],
  [/\b(password|passwd|пароль|secret|секрет)\s+(?=\S*[\d!@#$%^&*])\S{4,}/giu, `$1 ${mask}`],
  [/\beyJ[\w-]{6,}\.[\w-]+\.?[\w-]*/g, mask],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{12,}/g, mask],
  [/\bAIza[\w-]{20,}/g, mask],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|adyton_|whsec_|xox[abprs]-|sk-)[\w./+=-]{8,}/g, mask],
  [/\b\d{6,12}:[\w-]{30,}/g, mask],
  [/\bhooks\.slack\.com\/\S+/g, mask],
];

/** The text with every secret replaced by `<secret>`. */
export function withoutSecrets(text: string): string {
  if (!hint.test(text)) return text;
  let clean = text;
  for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement);
  return clean;
}
