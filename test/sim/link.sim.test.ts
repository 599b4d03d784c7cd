import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Cut, noCut, SimulatedLink } from "./simulated-link.ts";

// The link between node and relay, with connections that break at any byte, on a clock of the test's own. SIM_SEED
// repeats one run.

/** Numbers in [0, 1) from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Bytes of all frames of one call, either way; a connection that is cut behind them is cut in peace. */
const exchangeBytes = 700;

describe("the link", () => {
  for (const [way, isSilent] of [
    ["upBytes", false],
    ["downBytes", false],
    ["upBytes", true],
    ["downBytes", true],
  ] as const)
    it(`makes a call once, wherever it is cut (${way}, ${isSilent ? "unnoticed" : "noticed"})`, async () => {
      let resumed = 0;
      const step = isSilent ? 7 : 1;
      for (let bytes = 0; bytes < exchangeBytes; bytes += step) {
        const cuts: Cut[] = [{ ...noCut(), isSilent, [way]: bytes }];
        await using link = new SimulatedLink({
          random: seeded(bytes),
          cut: () => cuts.shift() ?? noCut(),
        });
        let answer: string | undefined;
        const attempt = (): void =>
          void link.call("one").then(
            (text) => void (answer = text),
            // Not connected yet: the call was refused before it was sent.
            () => link.clock.setTimer(100, attempt),
          );
        attempt();
        await link.until(() => answer !== undefined, 90_000);
        assert.equal(answer, "answer to one", `cut after ${bytes} bytes`);
        assert.equal(link.made.get("one"), 1, `cut after ${bytes} bytes`);
        resumed += link.connections - 1;
      }
      assert.ok(resumed > 20, "the control: connections were cut");
    });

  const seeds =
    process.env["SIM_SEED"] === undefined
      ? Array.from({ length: 60 }, (_, index) => index)
      : [Number(process.env["SIM_SEED"])];

  it("answers every call, once and rightly, over connections that break all the time", async () => {
    for (const seed of seeds) await underSeed(seed, (random) => brokenAllTheTime(random));
  });

  it("makes none twice while either side is started anew and cuts go unnoticed, and heals", async () => {
    let [lost, answered] = [0, 0];
    for (const seed of seeds)
      await underSeed(seed, async (random) => {
        const counts = await startedAnew(random);
        lost += counts.lost;
        answered += counts.answered;
      });
    assert.ok(lost > 0 && answered > 0, `the control: ${lost} lost, ${answered} answered`);
  });
});

async function underSeed(seed: number, run: (random: () => number) => Promise<void>) {
  try {
    await run(seeded(seed));
  } catch (error) {
    throw new Error(`SIM_SEED=${seed} breaks the link`, { cause: error });
  }
}

/** Some answers are longer than one frame, and than the window. */
const answerTo = (body: string): Buffer =>
  Buffer.from(body.endsWith("7") ? body.repeat(40_000) : `answer to ${body}`);

async function brokenAllTheTime(random: () => number): Promise<void> {
  let hasFaults = true;
  const bytes = (): number => 300 + Math.floor(random() * 400_000 * random());
  await using link = new SimulatedLink({
    random,
    answer: answerTo,
    cut: () => (hasFaults ? { upBytes: bytes(), downBytes: bytes(), isSilent: false } : noCut()),
  });
  await link.until(() => link.connections > 0, 1_000);
  await link.clock.advance(1_000);
  const calls = Array.from({ length: 30 }, (_, index) => `call ${index}`);
  const answers = new Map<string, string>();
  for (const body of calls) {
    void link.call(body).then(
      (text) => answers.set(body, text),
      (error: unknown) => answers.set(body, String(error)),
    );
    await link.clock.advance(random() * 300);
  }
  hasFaults = false;
  await link.until(() => answers.size === calls.length, 120_000);
  for (const body of calls) {
    assert.equal(answers.get(body), answerTo(body).toString(), body);
    assert.equal(link.made.get(body), 1, body);
  }
}

async function startedAnew(random: () => number): Promise<{ lost: number; answered: number }> {
  let hasFaults = true;
  const bytes = (): number => (random() < 0.5 ? Infinity : Math.floor(random() * 3_000));
  await using link = new SimulatedLink({
    random,
    cut: () =>
      hasFaults ? { upBytes: bytes(), downBytes: bytes(), isSilent: random() < 0.3 } : noCut(),
  });
  let [lost, answered, under] = [0, 0, 0];
  for (let index = 0; index < 60; index += 1) {
    under += 1;
    void link.call(`call ${index}`).then(
      (text) => {
        assert.equal(text, `answer to call ${index}`);
        answered += 1;
        return (under -= 1);
      },
      () => {
        lost += 1;
        under -= 1;
      },
    );
    const fate = random();
    if (fate < 0.05) {
      link.stopRelay();
      await link.clock.advance(random() * 2_000);
      link.startRelay();
    } else if (fate < 0.1) await link.restartNode();
    await link.clock.advance(random() * 1_500);
  }
  hasFaults = false;
  await link.until(() => under === 0, 120_000);
  for (const [body, times] of link.made) assert.equal(times, 1, body);
  let healed = false;
  const attempt = (): void =>
    void link.call("after all").then(
      () => void (healed = true),
      () => link.clock.setTimer(500, attempt),
    );
  attempt();
  await link.until(() => healed, 120_000);
  return { lost, answered };
}
