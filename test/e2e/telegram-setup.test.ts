import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { startTelegramEmulator, type TelegramEmulator } from "@adyton/emulators";
import { NodeConfig } from "@adyton/core/config";
import { Certificates } from "./faulty-bot.ts";
import { SmallProxy } from "./small-proxy.ts";
import { readConfigFile } from "@adyton/runtime/config-file";
import {
  collect,
  environment,
  jsonLines,
  lacks,
  main,
  start,
  stop,
  until,
  up,
} from "./cli-process.ts";
import { answersTo } from "./bot-answers.ts";

const folder = mkdtempSync(join(tmpdir(), "adyton-setup-"));
after(() => rmSync(folder, { recursive: true }));
let homes = 0;
const newHome = (): string => join(folder, `home-${(homes += 1)}`);

/** Gives a program a terminal (util-linux). */
const terminal = "script";
const codePattern = /\b[2-9A-Z]{3}-[2-9A-Z]{3}-[2-9A-Z]{3}\b/;
const configOf = (home: string) => {
  const outcome = readConfigFile(join(home, "adyton.yaml"), NodeConfig);
  assert.equal(outcome.kind, "ok");
  return outcome.value.telegram;
};

/** A setup whose token comes through a pipe, up to the code. */
async function begin(telegram: TelegramEmulator, home: string, ...more: string[]) {
  const args = ["telegram", "setup", "--home", home, "--api-root", telegram.apiRoot, ...more];
  const child = start(args, { input: `${telegram.token}\n` });
  const out = collect(child);
  await until(() => codePattern.test(out()) || child.exitCode !== null, out);
  return { child, out, code: codePattern.exec(out())?.[0] ?? "" };
}

const ended = async (child: ReturnType<typeof start>): Promise<number | null> => {
  if (child.exitCode === null) await once(child, "close");
  return child.exitCode;
};
const sent = (telegram: TelegramEmulator) =>
  telegram.calls.filter(({ method }) => method.startsWith("send"));

describe("telegram setup", () => {
  it("makes the first who sends the code the owner, and the node then answers him", async () => {
    await using telegram = await startTelegramEmulator();
    const home = newHome();
    const { child, out, code } = await begin(telegram, home);
    const stranger = telegram.person({ id: 9 });
    const owner = telegram.person({ id: 1, language: "ru" });
    for (const text of ["hello", "K7M-9QX-4TR", `${code} please`]) stranger.say(text);
    const group = telegram.group({ id: -5, title: "все" });
    stranger.say(code, { chat: group });
    await until(() => telegram.pending === 0, out);
    assert.deepEqual(sent(telegram), [], "a wrong code gets no answer");
    owner.say(`/start ${code.toLowerCase()}`);
    assert.equal(await ended(child), 0, out());
    assert.match(answersTo(owner)[0]?.text ?? "", /владелец этого узла/);
    assert.equal(sent(telegram).length, 1);
    assert.equal(telegram.pending, 0, "the code does not reach the node");
    const file = join(home, "telegram.token");
    assert.deepEqual(configOf(home), {
      token_file: file,
      owners: [1],
      allowed_user_ids: [],
      drafts: false,
      groups: [],
      api_root: telegram.apiRoot,
      via: "direct",
    });
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.ok(
      !out().includes(telegram.token) && !out().includes(telegram.token.split(":")[1] ?? ""),
    );
    assert.match(out(), /Now start the node: adyton up/);

    const node = await up(["--home", home, "--backend", "none"]);
    try {
      stranger.say(code);
      owner.say("/help");
      await telegram.waitUntil(() => /\/self/.test(answersTo(owner).at(-1)?.text ?? ""), 20_000);
      assert.deepEqual(answersTo(stranger), []);
    } finally {
      await stop(node.child);
    }
  });

  it("keeps comments and people of the same server, and nobody of another", async () => {
    await using telegram = await startTelegramEmulator();
    const home = newHome();
    const pair = async (id: number, to: TelegramEmulator): Promise<string> => {
      const { child, out, code } = await begin(to, home, "--json");
      to.person({ id }).say(code);
      assert.equal(await ended(child), 0, out());
      return out();
    };
    await pair(1, telegram);
    const config = join(home, "adyton.yaml");
    writeFileSync(config, `# моё\n${readFileSync(config, "utf8")}  allowed_user_ids: [7] # Анна\n`);
    const [shown, done] = jsonLines(await pair(2, telegram));
    assert.deepEqual(Object.keys(shown ?? {}), ["code", "link", "bot", "expiresAt"]);
    const { seconds, ...rest } = Object(done);
    assert.ok(seconds < 60, String(seconds));
    assert.deepEqual(rest, {
      owner: 2,
      others: [1],
      bot: { id: 7_000_000_001, username: "adyton_bot" },
      config,
      tokenFile: join(home, "telegram.token"),
      restart: false,
    });
    assert.deepEqual([configOf(home)?.owners, configOf(home)?.allowed_user_ids], [[1, 2], [7]]);
    assert.match(readFileSync(config, "utf8"), /# моё[^]*# Анна/);
    await using other = await startTelegramEmulator();
    await pair(3, other);
    assert.deepEqual([configOf(home)?.owners, configOf(home)?.allowed_user_ids], [[3], []]);
  });

  it("says what is wrong, changes nothing, and shows no token", async () => {
    await using telegram = await startTelegramEmulator();
    const home = newHome();
    const refused = async (input: string, words: RegExp, ...args: string[]): Promise<void> => {
      const child = start(["telegram", "setup", "--home", home, ...args], { input });
      const out = collect(child);
      assert.notEqual(await ended(child), 0, out());
      assert.match(out(), words);
      assert.ok(!out().includes("AAAA"), "the token is not shown");
      assert.equal(existsSync(home), false);
    };
    const root = ["--api-root", telegram.apiRoot];
    const wrong = `7000000001:AA${"A".repeat(33)}`;
    await refused(wrong, /does not know this token/, ...root);
    await refused(wrong, /не знает такого токена/, ...root, "--lang", "ru");
    await refused("hello", /not a bot's token/, ...root);
    await refused(
      wrong,
      /refuses the connection[^]*emulate telegram/,
      "--api-root",
      "http://127.0.0.1:1",
    );
    await refused(wrong, /cannot be found/, "--api-root", "http://telegram.invalid");
    await refused(wrong, /begins with https/, "--api-root", "ftp://a");
    await refused(wrong, /--lang takes/, ...root, "--lang", "de");
    await refused(wrong, /not a time up to 1h/, ...root, "--expires", "61m");
    const right = telegram.token;
    telegram.setFaults([{ kind: "html", status: 200 }]);
    await refused(right, /is not Telegram/, ...root);
    telegram.setFaults([{ kind: "refuse" }]);
    await refused(right, /the way to it is blocked/, ...root);
    telegram.setFaults([{ kind: "hang" }]);
    await refused(right, /the way to it is blocked/, ...root);
    telegram.setFaults([{ kind: "status", status: 409, methods: ["getUpdates"] }]);
    await refused(right, /Another program is receiving/, ...root);
    telegram.setFaults([]);
    await refused(right, /Nobody has sent the code in time/, ...root, "--expires", "300ms");
  });

  it("removes a webhook only when told to", async () => {
    await using telegram = await startTelegramEmulator();
    const hook = `${telegram.apiRoot}/bot${telegram.token}/setWebhook?url=https://example.com/x`;
    assert.equal((await fetch(hook)).status, 200);
    const home = newHome();
    const kept = await begin(telegram, home);
    assert.equal(await ended(kept.child), 1);
    assert.match(kept.out(), /a webhook/);
    const { child, out, code } = await begin(telegram, home, "--yes");
    telegram.person({ id: 1 }).say(code);
    assert.equal(await ended(child), 0, out());
  });

  it("stops at Ctrl-C without a trace", async () => {
    await using telegram = await startTelegramEmulator();
    const home = newHome();
    const { child, out } = await begin(telegram, home);
    child.kill("SIGINT");
    assert.equal(await ended(child), 1);
    assert.match(out(), /Nothing was changed/);
    assert.equal(existsSync(home), false);
  });

  it("asks at a terminal for the token without showing it", { skip: lacks(terminal) }, async () => {
    await using telegram = await startTelegramEmulator();
    const home = newHome();
    const words = [process.execPath, main, "telegram", "setup", "--home", home];
    const line = [...words, "--api-root", telegram.apiRoot].join(" ");
    const child = spawn(terminal, ["-qec", line, "/dev/null"], {
      env: environment({ LANG: "ru_RU.UTF-8", NO_COLOR: "1" }),
      stdio: "pipe",
    });
    const out = collect(child);
    await until(() => /не будет показан/.test(out()) || child.exitCode !== null, out);
    child.stdin.write("/start\r");
    await until(
      () => /Это не токен бота[^]*будет показан/.test(out()) || child.exitCode !== null,
      out,
    );
    child.stdin.write(`7000000001:AA${"A".repeat(33)}\r`);
    await until(
      () => /не знает такого[^]*будет показан/.test(out()) || child.exitCode !== null,
      out,
    );
    child.stdin.write(`x\u007f${telegram.token}\r`);
    await until(() => codePattern.test(out()) || child.exitCode !== null, out);
    telegram.person({ id: 1 }).say(codePattern.exec(out())?.[0] ?? "");
    assert.equal(await ended(child), 0, out());
    assert.ok(!out().includes(telegram.token.slice(0, 10)), "nothing of the token is shown");
    assert.match(out(), /осталось 9:5\d|осталось 10:00/);
    assert.deepEqual(configOf(home)?.owners, [1]);
    child.stdin.end();
  });

  it(
    "asks at a terminal for a proxy where the way is blocked",
    { skip: lacks(terminal) },
    async () => {
      using certificates = new Certificates();
      await using telegram = await startTelegramEmulator({ tls: certificates.of("real") });
      const login = "anna:hunter2";
      await using proxy = await SmallProxy.start({
        kind: "socks5",
        login,
        resolve: () => telegram.port,
      });
      const home = newHome();
      const files = { token: join(folder, "own-token"), login: join(folder, "proxy-login") };
      writeFileSync(files.token, telegram.token, { mode: 0o600 });
      writeFileSync(files.login, login, { mode: 0o600 });
      const given = ["--token-file", files.token, "--proxy-login-file", files.login];
      const words = [process.execPath, main, "telegram", "setup", "--home", home, ...given];
      const line = [...words, "--api-root", "https://telegram.test"].join(" ");
      const child = spawn(terminal, ["-qec", line, "/dev/null"], {
        env: environment({ NO_COLOR: "1", NODE_EXTRA_CA_CERTS: certificates.trusted }),
        stdio: "pipe",
      });
      const out = collect(child);
      await until(() => /A proxy to go through/.test(out()) || child.exitCode !== null, out);
      assert.match(out(), /telegram\.test cannot be found/);
      child.stdin.write(`socks5://127.0.0.1:${proxy.port}\r`);
      await until(() => codePattern.test(out()) || child.exitCode !== null, out);
      telegram.person({ id: 1 }).say(codePattern.exec(out())?.[0] ?? "");
      assert.equal(await ended(child), 0, out());
      assert.ok(!out().includes("hunter2"));
      const { via, proxy: address, proxy_login_file: loginFile } = configOf(home) ?? {};
      assert.deepEqual(
        [via, address, loginFile],
        ["proxy", `socks5://127.0.0.1:${proxy.port}`, files.login],
      );
      child.stdin.end();
    },
  );

  it("repeats no password that stands in the address of a proxy", async () => {
    await using telegram = await startTelegramEmulator();
    const { child, out } = await begin(
      telegram,
      newHome(),
      "--proxy",
      "http://anna:hunter2@127.0.0.1:1",
    );
    assert.equal(await ended(child), 2, out());
    assert.match(out(), /proxy_login_file/);
    assert.ok(!out().includes("hunter2"));
  });
});
