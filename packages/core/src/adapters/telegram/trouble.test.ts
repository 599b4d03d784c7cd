import assert from "node:assert/strict";
import { it } from "node:test";
import { type Trouble, troubleOf, troubleWords } from "./trouble.ts";

const cases: ReadonlyArray<readonly [status: number, words: string, trouble: Trouble]> = [
  [0, "ENOTFOUND", "dns"],
  [0, "EAI_AGAIN", "dns"],
  [0, "ECONNREFUSED", "refused"],
  [0, "ETIMEDOUT", "blocked"],
  [0, "ECONNRESET", "blocked"],
  [0, "DEPTH_ZERO_SELF_SIGNED_CERT", "tls"],
  [0, "ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
  [0, "CERT_HAS_EXPIRED", "tls"],
  [0, "STRANGE_ANSWER", "strange"],
  [0, "ANSWER_TOO_LARGE", "strange"],
  [0, "RELAY_ECONNREFUSED", "relay"],
  [0, "FOREIGN_ADDRESS", "relay_range"],
  [0, "RELAY_SILENT", "relay"],
  [0, "RELAY_KEY", "relay"],
  [0, "RELAY_VERSION", "relay"],
  [0, "RELAY_REPLACED", "relay"],
  [0, "PROXY_UNREACHABLE", "proxy_away"],
  [0, "PROXY_LOGIN", "proxy_login"],
  [0, "PROXY_REFUSED", "proxy_refuses"],
  [0, "PROXY_STRANGE", "proxy_strange"],
  [401, "Unauthorized", "token"],
  [404, "Not Found", "token"],
  [409, "Conflict: terminated by other getUpdates request", "poller"],
  [409, "Conflict: can't use getUpdates method while webhook is active", "webhook"],
  [429, "Too Many Requests: retry after 5", "busy"],
  [502, "Bad Gateway", "server"],
];
for (const [status, words, trouble] of cases)
  it(`${status} ${words}: ${trouble}`, () => {
    assert.equal(troubleOf({ status, words }), trouble);
    const { en, ru } = troubleWords({ status, words });
    assert.ok(en.includes(words) && ru.includes(words));
    assert.match(ru, /[а-я]/);
  });

it("tells one trouble with the relay from another", () => {
  const codes = ["RELAY_SILENT", "RELAY_KEY", "RELAY_VERSION", "RELAY_REPLACED"];
  for (const language of ["en", "ru"] as const) {
    const said = codes.map((words) => troubleWords({ status: 0, words })[language]);
    assert.equal(new Set(said.map((text) => text.replace(/ \(.*/, ""))).size, codes.length);
  }
});

it("names the relay where it is told which", () => {
  const away = { status: 0, words: "RELAY_ECONNREFUSED" };
  const { en, ru } = troubleWords(away, "10.77.0.1:8443");
  assert.equal(en, "the relay 10.77.0.1:8443 does not answer (RELAY_ECONNREFUSED)");
  assert.equal(ru, "ретранслятор 10.77.0.1:8443 не отвечает (RELAY_ECONNREFUSED)");
  assert.equal(troubleWords(away).ru, "ретранслятор не отвечает (RELAY_ECONNREFUSED)");
  assert.doesNotMatch(troubleWords({ status: 0, words: "ENOTFOUND" }, "10.77.0.1:1").en, /10\.77/);
});

it("has words for whatever a relay in other hands may say", () => {
  for (const words of ["constructor", "toString", "__proto__"])
    for (const status of [0, 400]) assert.ok(troubleWords({ status, words }).en.includes(words));
});
