import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { hasControls, run, type Running, stop, up } from "./cli-process.ts";

// adyton memory fact, proposal and block, as a person at a terminal and as a program use them.

let place: string;
let node: Running;

before(async () => {
  place = mkdtempSync(join(tmpdir(), "adyton remember "));
  node = await up(["--home", place, "--backend", "none"]);
});

after(async () => {
  await stop(node.child);
  rmSync(place, { recursive: true, force: true });
});

for (const [language, subject, attribute, values, words] of [
  [
    "en_US.UTF-8",
    "Boiler",
    "pressure",
    ["1.5 bar", "1.7 bar"],
    {
      stored: /^Remembered as (fct_\S+)\.$/m,
      again: /^This holds already/,
      ended: "ended",
      none: "No such facts.",
      pinned: "Pinned me-en_US.UTF-8, version 2: ",
      unpinned: "Unpinned",
      badTime: "--at: soon is no time",
    },
  ],
  [
    "ru_RU.UTF-8",
    "Котёл",
    "давление",
    ["1,5 бар", "1,7 бар"],
    {
      stored: /^Запомнено: (fct_\S+)\.$/mu,
      again: /^Это и так верно/u,
      ended: "кончилось",
      none: "Таких фактов нет.",
      pinned: "Закреплено: me-ru_RU.UTF-8, версия 2",
      unpinned: "Откреплено",
      badTime: "--at: soon — не время",
    },
  ],
] as const)
  it(`remembers, lists as of a time, retracts and pins (${language})`, async () => {
    const ask = async (args: readonly string[], input?: string) => {
      const ended = await run(["memory", ...args, "--home", place], {
        env: { LC_ALL: language },
        ...(input === undefined ? {} : { input }),
      });
      assert.equal(hasControls(ended.out), false, "colours are for a terminal");
      return ended;
    };
    const added = await ask(["fact", "add", subject, attribute, values[0]]);
    assert.equal(added.code, 0, added.errors);
    const id = words.stored.exec(added.out)?.[1] ?? assert.fail(added.out);
    assert.match((await ask(["fact", "add", subject, attribute, values[0]])).out, words.again);
    const changed = await ask(["fact", "add", subject, attribute, values[1]]);
    assert.ok(changed.errors.includes(id), "it says what it takes the place of");
    const now = await ask(["fact", "list", subject, attribute]);
    assert.ok(now.out.includes(values[1]) && !now.out.includes(values[0]), now.out);
    const history = await ask(["fact", "list", subject, "--history"]);
    assert.ok(history.out.includes(values[0]) && history.out.includes(words.ended), history.out);
    const earlier = await ask(["fact", "list", subject, "--at", "2020-01-01"]);
    assert.equal(earlier.out.trim(), words.none);
    assert.ok((await ask(["fact", "list", "--at", "soon"])).errors.includes(words.badTime));

    const last = JSON.parse((await ask(["fact", "list", subject, "--json"])).out).facts[0];
    const retracted = await ask(["fact", "retract", last.factId]);
    assert.ok(retracted.out.includes(values[1]), retracted.out);
    assert.ok((await ask(["fact", "list", subject])).out.includes(values[0]), "it holds again");
    assert.equal((await ask(["fact", "retract", "fct_00000000"])).code, 1);

    const name = `me-${language}`;
    await ask(["block", "save", name, subject, "one"]);
    const saved = await ask(["block", "save", name, "-"], `${subject} two\n`);
    assert.ok(saved.out.startsWith(words.pinned), saved.out + saved.errors);
    assert.ok((await ask(["block", "list"])).out.includes(`${subject} two`));
    const versions = (await ask(["block", "versions", name])).out;
    assert.ok(versions.includes(`  - ${subject} one\n  + ${subject} two`), versions);
    assert.ok((await ask(["block", "remove", name])).out.startsWith(words.unpinned));
    assert.deepEqual(JSON.parse((await ask(["block", "list", "--json"])).out), { blocks: [] });
  });

it("shows what others propose, and decides on it", async () => {
  const ask = (...args: string[]) => run([...args, "--home", place], { env: { LC_ALL: "C" } });
  const made = await ask("token", "add", "hook", "--may", "memory:propose");
  const propose = (value: string) =>
    fetch(`http://127.0.0.1:${node.port}/api/v1/memory/facts`, {
      method: "POST",
      headers: { authorization: `Bearer ${made.out.trim()}`, "content-type": "application/json" },
      body: JSON.stringify({ subject: "Pump", attribute: "state", value }),
    });
  for (const value of ["broken", "fine"]) assert.equal((await propose(value)).status, 201);
  const list = JSON.parse((await ask("memory", "proposal", "list", "--json")).out).proposals;
  const [broken, fine] = list.map(({ proposalId }: { proposalId: string }) => proposalId);
  assert.match((await ask("memory", "proposal", "list")).out, /Pump +state +broken +token:hook/);
  assert.match((await ask("memory", "proposal", "reject", broken)).out, /^Rejected: Pump/);
  assert.match((await ask("memory", "proposal", "accept", fine)).out, /^Accepted as fct_/);
  assert.match((await ask("memory", "fact", "list", "Pump")).out, /fine .*token:hook \(member\)/);
  assert.match((await ask("memory", "proposal", "list")).out, /^Nothing waits/);
});

it("names what is not there, and the command that lists what is", async () => {
  for (const [language, missing] of [
    ["en", "There is no “нет”"],
    ["ru", "Нет такого: «нет»"],
  ] as const)
    for (const command of ["memory block remove", "memory fact retract", "token revoke"]) {
      const env = { LC_ALL: `${language}.UTF-8` };
      const args = [...command.split(" "), "нет", "--home", place];
      const { code, errors } = await run(args, { env });
      assert.equal(code, 1);
      const list = command.replace(/\w+$/, "list");
      assert.match(errors, new RegExp(`: ${missing}\\.\n→ [^:]+: adyton ${list}`));
    }
});
