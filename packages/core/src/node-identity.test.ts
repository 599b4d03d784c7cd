import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { Counters } from "./app/metrics.ts";
import { NodeConfig } from "./config.ts";
import { openExitCheck, openSecretFilter } from "./node-identity.ts";

it("has one list of secrets for every answer, with those that were changed since the start", async () => {
  using stack = new DisposableStack();
  const home = mkdtempSync(join(tmpdir(), "adyton-identity-"));
  stack.defer(() => rmSync(home, { recursive: true }));
  const at = (name: string): string => join(home, name);
  const write = (name: string, text: string): void =>
    writeFileSync(at(name), text, { mode: 0o600 });
  write("token", "owner-kettle-1");
  write("login", "ольга:чайник-2");
  const config = NodeConfig.parse({
    telegram: {
      via: "proxy",
      proxy: "socks5://127.0.0.1:1080",
      proxy_login_file: at("login"),
      token_file: at("absent"),
      owners: [1],
    },
  });
  const files = { home, token: at("token"), key: at("absent") };
  const secrets = openSecretFilter(config, { files, language: "ru" });
  assert.deepEqual(secrets.own, ["owner-kettle-1", "ольга:чайник-2", "чайник-2"]);

  write("login", "ольга:чайник-3");
  const exit = openExitCheck(config, { files, language: "ru", redacted: new Counters(), secrets });
  const inChat = async (text: string): Promise<string> =>
    (await exit.check({ text, styles: [] })).checked.text;
  const text = "ольга:чайник-2, ольга:чайник-3 и ольга:чайник-4";
  const [mark, marked] = ["[секрет убран]", "[секрет убран], [секрет убран] и "];
  assert.equal(await inChat(text), `${marked}ольга:чайник-4`, "the control");
  secrets.learn("ольга:чайник-4");
  assert.equal(await inChat(text), `${marked}${mark}`);
  assert.equal(secrets.redact(text).text, `${marked}${mark}`);
});
