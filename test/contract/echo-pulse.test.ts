import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { EchoReport } from "@adyton/protocol";
import {
  type FixtureOptions,
  person,
  question,
} from "../../packages/core/src/app/test/app-fixture.ts";
import { describeSelf } from "../../packages/core/src/app/describe-self.ts";
import { owner } from "../../packages/core/src/app/tokens.ts";
import { ProblemError } from "../../packages/core/src/domain/problem-error.ts";
import type { Principal } from "../../packages/core/src/ports/http.ts";
import { type Node, openNode } from "./recursia-fixture.ts";

// echo_pulse over a scripted model server on a real socket, with a real journal and a real index.

const languages = ["en", "ru"] as const;
const hourMs = 3_600_000;

async function pulse(
  { app }: Pick<Node, "app">,
  conversation: string | undefined = "c",
  principal: Principal = owner,
): Promise<{ readonly text: string; readonly report: EchoReport }> {
  // The journal has a clock of its own, and the node's must not be behind it.
  app.clock.ms = Math.max(app.clock.ms, Date.now());
  const { result } = await app.commands.execute({
    principal,
    command: "echo_pulse",
    args: {},
    conversation,
  });
  return { text: result.text, report: EchoReport.parse(result.data) };
}

const statusOf = (report: EchoReport, id: string): string | undefined =>
  report.checks.find((check) => check.id === id)?.status;

/** What the deterministic checks found, without the time they took. */
const found = ({ checks }: EchoReport) =>
  checks
    .filter(({ kind }) => kind === "deterministic")
    .map((check) => ({ ...check, ms: undefined }));

const troubles = ({ checks }: EchoReport): string[] =>
  checks.filter(({ status }) => status !== "ok").map(({ id, status }) => `${id} ${status}`);

async function talk({ app }: Node, texts: readonly string[]): Promise<void> {
  for (const text of texts) {
    const end = await app.turns.submit(question(text)).end;
    assert.equal(end.kind, "answered", JSON.stringify(end));
  }
}

const said = {
  en: ["What is the capital of Norway?", "And which river runs through it?"],
  ru: ["Какая столица у Норвегии?", "А какая река через неё течёт?"],
} as const;

const node = (language: (typeof languages)[number], options: FixtureOptions = {}) =>
  openNode({}, { language, ...options });

for (const language of languages)
  describe(`a pulse (${language})`, () => {
    it("finds nothing wrong with a fresh conversation, nor with one that was had", async () => {
      await using fresh = await node(language);
      assert.deepEqual(troubles((await pulse(fresh)).report), []);
      await talk(fresh, said[language]);
      const { report, text } = await pulse(fresh);
      assert.deepEqual(troubles(report), []);
      assert.deepEqual([report.status, report.score], ["ok", 1]);
      assert.equal(report.subject.conversationId, "c");
      assert.equal(/[а-я]/u.test(text), language === "ru", text);
    });

    it("tells what is new, what persists and what was mended, in the journal's words too", async () => {
      await using checked = await node(language);
      const before = await pulse(checked);
      assert.equal(before.report.delta.previous, null);
      checked.app.clock.ms += 25 * hourMs;
      const { report } = await pulse(checked);
      assert.deepEqual(report.delta.new, ["D13"]);
      assert.equal(report.delta.previous, before.report.runId);
      assert.equal(report.delta.unchanged, false);
      checked.app.clock.ms += 60_000;
      const again = await pulse(checked);
      assert.deepEqual(again.report.delta.persisting, ["D13"]);
      const stamp = new Date(checked.app.clock.ms).toISOString().replaceAll(/[:.]/gu, "-");
      mkdirSync(join(checked.app.home, "backups", stamp), { recursive: true });
      const { report: mended, text } = await pulse(checked);
      assert.deepEqual(mended.delta.fixed, ["D13"]);
      assert.ok(text.includes("D13"), text);
      const record = checked.app.records
        .headersAfter(0, 500, "report.made")
        .map(({ seq }) => checked.app.records.record(seq))
        .at(-1);
      assert.deepEqual(EchoReport.parse(record?.data), mended);
    });

    it("proposes a command and applies none", async () => {
      await using checked = await node(language);
      await talk(checked, said[language]);
      checked.app.clock.ms += 25 * hourMs;
      const key = checked.app.conversations.key(owner, "c");
      const turnsBefore = checked.app.state.conversation(key)?.turns;
      const historyBefore = [...checked.app.conversations.history(key)];
      const { report } = await pulse(checked);
      assert.deepEqual(
        report.findings.map(({ fix }) => fix?.command),
        ["adyton journal backup"],
      );
      assert.equal(checked.app.state.conversation(key)?.turns, turnsBefore);
      assert.deepEqual(checked.app.conversations.history(key), historyBefore);
      assert.equal(checked.app.records.answeredTurns(key, 0, 100).length, 2);
    });
  });

it("two pulses of a state that stands still have one hash, and a change has another", async () => {
  await using checked = await node("en");
  await talk(checked, said.en);
  const first = await pulse(checked);
  const second = await pulse(checked);
  assert.deepEqual(found(second.report), found(first.report));
  assert.equal(second.report.delta.hash, first.report.delta.hash);
  assert.equal(second.report.delta.unchanged, true);
  await talk(checked, ["One more question, please?"]);
  const third = await pulse(checked);
  assert.notEqual(third.report.delta.hash, first.report.delta.hash);
});

it("shows figures of the node to its owner alone", async () => {
  await using checked = await node("en");
  await talk(checked, said.en);
  checked.app.clock.ms += 25 * hourMs;
  const anna = await pulse(checked, "c", person("anna"));
  const shown = anna.report.checks.filter(({ measured }) => measured !== null).map(({ id }) => id);
  assert.ok(["D12", "D13", "D14", "D15"].every((id) => !shown.includes(id)));
  assert.ok(shown.includes("D1"));
  assert.equal(statusOf(anna.report, "D13"), "warn");
  assert.deepEqual(
    anna.report.findings.map(({ fix }) => fix),
    [undefined],
  );
  const { report } = await pulse(checked);
  assert.ok(report.checks.every(({ measured }) => measured !== null));
});

it("never shows a secret, nor hands the node's own to the model unnoticed", async () => {
  const apiKey = "correct-horse-battery-staple-2026";
  await using checked = await openNode({}, { secrets: [apiKey] });
  const issued = await checked.app.tokens.add(
    { name: "script", may: ["say"], person: false },
    owner,
  );
  const token = issued.secret;
  await talk(checked, [`My key is ${apiKey}`, `Мой токен: ${token}`, "Пароль: q7Zt2Lm9Xw4Rv8Kp"]);
  const { report, text } = await pulse(checked);
  const check = report.checks.find(({ id }) => id === "D10");
  assert.equal(check?.status, "fail");
  const forms = check.evidence?.map(({ quote }) => quote) ?? [];
  assert.ok(forms.includes("own") && forms.includes("named"), forms.join(" "));
  const secrets = [apiKey, token, "q7Zt2Lm9Xw4Rv8Kp"];
  const self = JSON.stringify(describeSelf(checked.app.describe, owner, "c"));
  const sent = JSON.stringify(checked.emulator.requests);
  for (const secret of secrets) {
    assert.ok(!`${JSON.stringify(report)} ${text} ${self}`.includes(secret), secret);
    assert.ok(sent.includes(secret), "the search finds what is there");
  }
});

it("is for six times a minute", async () => {
  await using checked = await node("ru");
  for (let n = 1; n <= 6; n += 1) await pulse(checked);
  await assert.rejects(
    pulse(checked),
    (error) => error instanceof ProblemError && error.problem.code === "busy",
  );
  checked.app.clock.ms += 60_000;
  await pulse(checked);
});

it("tells a configuration that a start would refuse, and one that was changed", async () => {
  await using checked = await node("en");
  const file = join(checked.app.home, "adyton.yaml");
  writeFileSync(file, "turns:\n  history_turns: 3\n");
  assert.equal(statusOf((await pulse(checked)).report, "D15"), "warn");
  writeFileSync(file, "nonsense: 1\n");
  assert.equal(statusOf((await pulse(checked)).report, "D15"), "fail");
  rmSync(file);
  assert.equal(statusOf((await pulse(checked)).report, "D15"), "ok");
});

describe("a model that", () => {
  const long = {
    en: (n: number) =>
      `Note ${n}: ${"the boiler in the cellar was serviced and works. ".repeat(30)}`,
    ru: (n: number) => `Заметка ${n}: ${"котёл в подвале проверили, он исправен. ".repeat(30)}`,
  } as const;
  const notesMax = 16;
  const wide = [{ id: "emulated-chat", kind: "chat", contextTokens: 32_768 }] as const;

  for (const language of languages) {
    it(`reads the last 4,096 tokens alone fails D2, and an honest one does not (${language})`, async () => {
      for (const persona of [{ kind: "truncate", tokens: 4_096 } as const, null]) {
        await using checked = await openNode(
          { models: wide, persona, flavour: "llama.cpp" },
          { language, historyTurns: notesMax },
        );
        await talk(
          checked,
          Array.from({ length: notesMax }, (_, n) => long[language](n)),
        );
        const { report } = await pulse(checked);
        const check = report.checks.find(({ id }) => id === "D2");
        assert.equal(check?.status, persona === null ? "ok" : "fail", JSON.stringify(check));
        assert.ok(JSON.stringify(check?.measured).includes('"exact":true'));
      }
    });

    it(`forgets the middle is told by its depths (${language})`, async () => {
      await using checked = await openNode({ persona: { kind: "forget_middle" } }, { language });
      await talk(checked, [1, 2, 3, 4].map(long[language]));
      const { report } = await pulse(checked);
      assert.deepEqual(report.canary, { 10: 1, 50: 0, 90: 1 });
      assert.equal(statusOf(report, "M1"), "warn");
    });

    it(`is away leaves a partial report without a score, and D1 to D16 (${language})`, async () => {
      const checked = await node(language);
      await using _ = checked;
      await checked.emulator[Symbol.asyncDispose]();
      const { report, text } = await pulse(checked);
      assert.deepEqual([report.status, report.score], ["partial", null]);
      assert.equal(report.checks.length, 17);
      assert.equal(statusOf(report, "M1"), "skipped");
      assert.equal(statusOf(report, "D1"), "ok");
      assert.equal(/[а-я]/u.test(text), language === "ru", text);
    });
  }
});
