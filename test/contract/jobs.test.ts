import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { until } from "../e2e/node-process.ts";
import { redisIsMissing } from "../e2e/redis-process.ts";
import { briefly } from "./backend-fixture.ts";
import {
  answer,
  openInProcess,
  type OpenJobs,
  openOverRedis,
  question,
  run,
} from "./jobs-fixture.ts";

/** What both drivers of jobs promise. */
function contract(name: string, open: OpenJobs, skip: string | false): void {
  describe(`jobs ${name}`, { skip }, () => {
    it("bring the answer, whole and in pieces that add up to it", async () => {
      await using opened = await open();
      const whole = await run(opened.jobs, false);
      assert.ok(whole.outcome.kind === "answered");
      assert.equal(whole.outcome.text, answer);
      assert.equal(whole.outcome.model, "emulated-chat");
      assert.ok((whole.outcome.usage?.promptTokens ?? 0) > 0);
      assert.deepEqual(whole.pieces, []);
      const streamed = await run(opened.jobs);
      assert.ok(streamed.outcome.kind === "answered");
      assert.equal(streamed.shown, answer);
      const bodies = opened.emulator.requests.filter(({ endpoint }) => endpoint === "chat");
      assert.deepEqual(
        bodies.map(({ body }) => (body as { stream?: boolean }).stream ?? false),
        [false, true],
      );
    });

    it("show the first words long before the last", async () => {
      await using opened = await open({ emulator: { tokenDelayMs: 100 } });
      let atWork: number | undefined;
      const handle = opened.jobs.issue({ messages: question }, () => {
        atWork ??= opened.emulator.active;
      });
      assert.equal(briefly(await handle.outcome), "answered");
      assert.equal(atWork, 1, "the model server is still answering");
    });

    it("keep apart what runs at once, up to the capacity", async () => {
      const { promise: released, resolve: release } = Promise.withResolvers<void>();
      const reply = async ({ lastUserText }: { lastUserText: string }) => {
        await released;
        return `you said ${lastUserText}`;
      };
      await using opened = await open({ emulator: { rules: [{ reply }] }, concurrency: 3 });
      assert.equal(opened.jobs.capacity, 3);
      const texts = ["раз", "two", "три"];
      const handles = texts.map((content) =>
        opened.jobs.issue({ messages: [{ role: "user", content }] }),
      );
      await until("all at once", () => opened.emulator.active === 3);
      await until("it shows", () => opened.jobs.workers()[0]?.running === 3);
      release();
      const outcomes = await Promise.all(handles.map(({ outcome }) => outcome));
      assert.deepEqual(
        outcomes.map((outcome) => (outcome.kind === "answered" ? outcome.text : outcome.reason)),
        texts.map((text) => `you said ${text}`),
      );
    });

    it("end at the model server when they are cancelled", async () => {
      await using opened = await open({ emulator: { tokenDelayMs: 200 } });
      let shown = "";
      const handle = opened.jobs.issue({ messages: question }, (text) => {
        shown += text;
        handle.cancel();
      });
      const outcome = await handle.outcome;
      assert.ok(outcome.kind === "failed" && outcome.reason === "cancelled");
      await until(
        "the call ends",
        () => opened.emulator.active === 0 && opened.emulator.aborted === 1,
      );
      assert.ok(shown.length < answer.length / 2, shown);
      handle.cancel();
    });

    it("can be cancelled at once", async () => {
      await using opened = await open();
      const handle = opened.jobs.issue({ messages: question });
      handle.cancel();
      assert.equal(briefly(await handle.outcome), "cancelled");
      const after = await run(opened.jobs);
      assert.equal(after.shown, answer);
    });

    const faults = [
      ["refused", { kind: "status", status: 400 }],
      ["invalid", { kind: "html" }],
      ["unavailable", { kind: "status", status: 500 }],
    ] as const;
    for (const [reason, fault] of faults)
      it(`tell that a model server's answer was ${reason}`, async () => {
        await using opened = await open();
        opened.emulator.setFault(fault);
        const { outcome } = await run(opened.jobs);
        assert.ok(outcome.kind === "failed");
        assert.equal(outcome.reason, reason);
        assert.ok(outcome.detail.en.length > 10 && /[а-я]/.test(outcome.detail.ru));
        assert.equal(outcome.started, false);
      });

    it("tell that an answer broke off, and what had arrived", async () => {
      await using opened = await open();
      opened.emulator.setFault({ kind: "cut_stream", afterTokens: 3 });
      const { outcome, shown } = await run(opened.jobs);
      assert.ok(outcome.kind === "answered" && outcome.finish === "cut");
      assert.equal(outcome.text, shown);
    });

    it("say who works, and with what", async () => {
      await using opened = await open();
      const [worker] = opened.jobs.workers();
      assert.equal(worker?.model, "emulated-chat");
      assert.equal(worker?.concurrency, 4);
      assert.equal(worker?.stopping, false);
      assert.equal(opened.jobs.health().status, "ok");
    });

    it("carry settings and tools there, and calls of tools back", async () => {
      await using opened = await open();
      const parameters = { type: "object", properties: { place: { type: "string" } } };
      const handle = opened.jobs.issue({
        messages: question,
        answerTokensMax: 64,
        settings: { temperature: 0.25, top_k: 7 },
        tools: [{ name: "weather", description: "Погода", parameters }],
        toolChoice: "auto",
      });
      assert.equal(briefly(await handle.outcome), "answered");
      const [request] = opened.emulator.requests.filter(({ endpoint }) => endpoint === "chat");
      const body = request?.body as Record<string, unknown>;
      assert.equal(body["temperature"], 0.25);
      assert.equal(body["top_k"], 7);
      assert.equal(body["max_tokens"], 64);
    });
  });
}

contract("in this process", openInProcess, false);
contract("over Redis", openOverRedis, redisIsMissing);
