import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Certificates, FaultyBot } from "./faulty-bot.ts";
import { until } from "./node-process.ts";

// A node that reaches the messenger through a proxy alone: whose name it asks for, what the proxy can read, what is said
// when it does not work. The name `telegram.test` is known to the proxy and to nobody else.

const login = "anna:Пароль-7f3a:x";
const answerMsMax = 20_000;

describe("a bot behind a proxy", { concurrency: true }, () => {
  let certificates: Certificates;
  before(() => {
    certificates = new Certificates();
  });
  after(() => certificates[Symbol.dispose]());

  for (const kind of ["socks5", "http"] as const)
    it(`is reached through ${kind}, which finds the name and reads nothing`, async () => {
      await using bot = await FaultyBot.start({ certificates, proxy: { kind, login } });
      const { proxy } = bot;
      bot.say("секрет-canary-51c0");
      await bot.answered("echo секрет-canary-51c0", answerMsMax);
      const [asked] = proxy.asked;
      assert.deepEqual([asked?.host, asked?.login], ["telegram.test", login]);
      assert.ok(proxy.bytes.length > 1_000, "the control: it has passed on something");
      for (const text of ["canary-51c0", bot.telegram.token.split(":")[1] ?? "", "getUpdates"])
        assert.ok(!proxy.bytes.includes(text), text);

      await proxy[Symbol.asyncDispose]();
      const detail = async () =>
        (await bot.health())?.parts.find(({ name }) => name === "telegram")?.detail ?? "";
      await bot.startProxy("anna:other");
      await until("it says why", async () => /user and password/.test(await detail()));
      bot.writeProxyLogin("anna:other");
      bot.say("after");
      await bot.answered("echo after", answerMsMax);
      assert.ok(bot.proxy.asked.length > 0);
      const written = readdirSync(bot.node.home, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
        .concat(Buffer.from(bot.node.errors + JSON.stringify(bot.node.notices)));
      const count = (text: string): number => written.filter((file) => file.includes(text)).length;
      assert.ok(count("canary-51c0") > 0, "the control");
      assert.deepEqual([count("Пароль-7f3a"), count("anna:other")], [0, 0]);
    });
});
