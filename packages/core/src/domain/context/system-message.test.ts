import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { overlaysActiveMax } from "@adyton/protocol";
import { estimateTokens } from "../model/token-estimate.ts";
import { corePromptDefault } from "../turns/core-prompt.ts";
import { joined } from "./segments.ts";
import { systemSegments } from "./system-message.ts";

const overlay = (text: string, index: number) => ({ overlayId: `ovl_${index}`, text });

describe("the system message", () => {
  it("is the core prompt as it stands, the same string, while nothing is inserted", () => {
    const segments = systemSegments(corePromptDefault, { blocks: [], overlays: [], tier: "owner" });
    assert.equal(joined(segments), corePromptDefault);
    assert.deepEqual(
      segments.map(({ kind, tier, source }) => ({ kind, tier, source })),
      [{ kind: "system", tier: "node", source: "core" }],
    );
  });

  it("has what the mode says behind it, and the intents behind that", () => {
    const modePrompt = "Отвечай как сантехник.";
    const overlays = [overlay("Be brief.", 0)];
    const alone = systemSegments("core", { modePrompt, blocks: [], overlays: [], tier: "member" });
    assert.equal(joined(alone), `core\n\n${modePrompt}`);
    const segments = systemSegments("core", { modePrompt, blocks: [], overlays, tier: "member" });
    assert.deepEqual(
      segments.map(({ kind, tier, source }) => [kind, tier, source]),
      [
        ["system", "node", "core"],
        ["system", "owner", "mode"],
        ["overlay", "member", "ovl_0"],
      ],
    );
  });

  it("has the intents behind it in their order, each a segment with its id and its owner's tier", () => {
    const texts = ["Отвечай стихами.", "Be brief.", "Третье."].slice(0, overlaysActiveMax);
    const segments = systemSegments(corePromptDefault, {
      blocks: [],
      overlays: texts.map(overlay),
      tier: "member",
    });
    const prompt = joined(segments);
    assert.ok(prompt.startsWith(`${corePromptDefault}\n\n`));
    const places = texts.map((text) => prompt.indexOf(`\n- ${text}`, corePromptDefault.length));
    assert.ok(places.every((place) => place > 0));
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
    assert.deepEqual(
      segments.slice(1).map(({ kind, tier, source }) => ({ kind, tier, source })),
      texts.map((_, index) => ({ kind: "overlay", tier: "member", source: `ovl_${index}` })),
    );
  });

  it("has the person's blocks between the two, each a segment with its id, name and tier", () => {
    const blocks = ["Живём в Перми.", "I am left-handed."].map((text, index) => ({
      id: `blk_${index}`,
      name: `блок-${index}`,
      text,
      tier: "operator" as const,
    }));
    const segments = systemSegments(corePromptDefault, {
      blocks,
      overlays: [overlay("Be brief.", 0)],
      tier: "member",
    });
    assert.deepEqual(
      segments.map(({ kind, tier, source }) => [kind, tier, source]),
      [
        ["system", "node", "core"],
        ["blocks", "operator", "blk_0"],
        ["blocks", "operator", "blk_1"],
        ["overlay", "member", "ovl_0"],
      ],
    );
    const prompt = joined(segments);
    for (const { name, text } of blocks) assert.ok(prompt.includes(`[${name}]\n${text}`));
  });

  it("costs the model at most 600 tokens by default", () => {
    const system = systemSegments(corePromptDefault, { blocks: [], overlays: [], tier: "owner" });
    const tokens = estimateTokens(joined(system));
    assert.ok(tokens > 0 && tokens <= 600, `${tokens} tokens`);
  });
});
