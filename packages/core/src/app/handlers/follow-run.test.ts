import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MessageAnswer, Run } from "@adyton/protocol";
import fc from "fast-check";
import type { StreamSink } from "../../ports/http.ts";
import { LiveRun } from "../live-run.ts";
import { guardDefault, policyOf, question } from "../test/app-fixture.ts";
import { followRun } from "./follow-run.ts";

interface Sent {
  readonly id?: number;
  readonly event?: string;
  readonly data: unknown;
}

class Sink implements StreamSink {
  readonly sent: Sent[] = [];
  readonly #gone = new AbortController();

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  send(sent: Sent): boolean {
    this.sent.push(sent);
    return true;
  }

  async drained(): Promise<void> {
    await Promise.resolve();
  }

  leave(): void {
    this.#gone.abort();
  }

  get events(): (string | undefined)[] {
    return this.sent.map(({ event }) => event);
  }

  get deltas(): string[] {
    return this.sent
      .filter(({ event }) => event === "delta")
      .map(({ data }) => String(Object(data).text));
  }
}

/** What a client shows that heeds the events. */
class Screen {
  text = "";

  take({ event, data }: Sent): void {
    if (event === "restart") this.text = "";
    if (event === "delta") this.text += String(Object(data).text);
  }
}

const live = (): LiveRun =>
  new LiveRun({
    id: "run_1",
    conversationKey: "cv_1",
    submission: question("?"),
    admittedMs: 0,
    policy: policyOf("DIRECT"),
    turnsBefore: 0,
    // Every piece is told as it comes.
    guard: { ...guardDefault, isOff: true },
  });
const answer = (text: string): MessageAnswer => ({
  id: "run_1",
  conversation: "c",
  text,
  mode: "DIRECT",
  answeredBy: "model",
  finish: "stop",
  ms: 1,
});

describe("following a run", () => {
  it("tells the queue, the start, each piece and the answer", async () => {
    const run = live();
    run.ahead = 3;
    const sink = new Sink();
    const following = followRun(sink, run, 0);
    run.started();
    run.delta("Да");
    run.delta(", да.");
    run.finish({ kind: "answered", answer: answer("Да, да.") });
    await following;
    assert.deepEqual(sink.events, ["queued", "started", "delta", "delta", "answer"]);
    assert.deepEqual(
      sink.sent.map(({ id }) => id),
      [0, 0, 2, 7, 7],
    );
    assert.equal(Object(sink.sent[0]?.data).ahead, 3);
  });

  it("goes on where the reader was, without loss or repetition, wherever that is", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: "binary", maxLength: 5 }), { maxLength: 6 }),
        fc.nat(10),
        async (pieces, stop) => {
          const text = pieces.join("");
          const run = live();
          run.started();
          const first = new Sink();
          const leaving = followRun(first, run, 0);
          // Cut anywhere, as a model server may: between the halves of a character too.
          for (const unit of text.split("").slice(0, stop)) run.delta(unit);
          first.leave();
          await leaving;
          const second = new Sink();
          const following = followRun(second, run, first.sent.at(-1)?.id ?? 0);
          for (const unit of text.split("").slice(stop)) run.delta(unit);
          run.finish({ kind: "answered", answer: answer(text) });
          await following;
          const deltas = [...first.deltas, ...second.deltas];
          assert.equal(deltas.join(""), text);
          for (const delta of deltas) assert.ok(delta.isWellFormed(), JSON.stringify(delta));
        },
      ),
    );
  });

  it("shows the last answer whole to whoever left before, between or after its restarts", async () => {
    const part = fc.string({ unit: "binary", maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.nat(30),
        fc.boolean(),
        async (texts, leavesAfter, isOver) => {
          const run = live();
          const screen = new Screen();
          const first = new Sink();
          const leaving = followRun(first, run, 0);
          const reenter = async (): Promise<void> => {
            first.leave();
            await leaving;
          };
          run.started();
          let done = 0;
          for (const [index, text] of texts.entries()) {
            if (index > 0) run.restart();
            for (const character of text) {
              run.delta(character);
              if ((done += 1) === leavesAfter) await reenter();
            }
          }
          await reenter();
          for (const sent of first.sent) screen.take(sent);
          const last = texts.at(-1) ?? "";
          const restarts = texts.length - 1;
          const end = { ...answer(last), ...(restarts > 0 ? { restarts } : {}) };
          const second = new Sink();
          const place = first.sent.at(-1)?.id ?? 0;
          const ended = { id: run.id, conversation: "c", mode: "DIRECT", answer: end } as const;
          const createdAt = new Date(0).toISOString();
          const following = isOver
            ? followRun(second, { ...ended, status: "answered", createdAt }, place)
            : followRun(second, run, place);
          run.finish({ kind: "answered", answer: end });
          await following;
          for (const sent of second.sent) screen.take(sent);
          assert.equal(screen.text, last);
        },
      ),
    );
  });

  it("never cuts a character, also for an id that lies within one", async () => {
    const text = "a😀b";
    const ended: Run = {
      id: "run_1",
      conversation: "c",
      status: "answered",
      mode: "DIRECT",
      createdAt: new Date(0).toISOString(),
      answer: answer(text),
    };
    const run = live();
    run.started();
    run.delta(text);
    run.finish({ kind: "answered", answer: answer(text) });
    for (const from of [ended, run])
      for (const [at, rest] of [
        [0, "a😀b"],
        [1, "😀b"],
        [2, "😀b"],
        [3, "b"],
        [4, undefined],
        [99, undefined],
      ] as const) {
        const sink = new Sink();
        await followRun(sink, from, at);
        assert.equal(sink.deltas[0], rest, `${at}`);
        assert.deepEqual([sink.events.at(-1), sink.sent.at(-1)?.id], ["answer", 4]);
      }
  });

  it("ends for a reader who goes, and the run goes on", async () => {
    const run = live();
    run.started();
    const sink = new Sink();
    const following = followRun(sink, run, 0);
    sink.leave();
    await following;
    const late = new Sink();
    late.leave();
    await followRun(late, run, 0);
    run.delta("x");
    assert.deepEqual(sink.events, ["started"]);
    assert.equal(run.text, "x");
  });

  it("tells the problem of a run that failed, live or from the journal", async () => {
    const problem = {
      type: "urn:adyton:problem:cancelled",
      title: "The run was cancelled.",
      status: 409,
      code: "cancelled",
    } as const;
    const run = live();
    const sink = new Sink();
    const following = followRun(sink, run, 0);
    run.finish({ kind: "failed", problem });
    await following;
    assert.deepEqual(sink.events, ["queued", "problem"]);
    const later = new Sink();
    await followRun(
      later,
      {
        id: run.id,
        conversation: "c",
        status: "cancelled",
        mode: "DIRECT",
        createdAt: new Date(0).toISOString(),
        problem,
      },
      0,
    );
    assert.deepEqual(later.sent, [{ event: "problem", data: problem }]);
  });
});
