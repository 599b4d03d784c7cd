import assert from "node:assert/strict";
import { it } from "node:test";
import type { MessageAnswer } from "@adyton/protocol";
import { askNode } from "./ask-node.ts";

const principal = {
  id: "telegram:1",
  person: "owner",
  tier: "owner",
  grants: [],
} as const;

/** How an answer may end, and what the bot says under it. */
const ends: readonly (readonly [MessageAnswer["finish"], en: string, ru: string])[] = [
  ["stop", "", ""],
  ["tool_calls", "", ""],
  [
    "cut",
    "\n\n(The model server broke off; this is what arrived.)",
    "\n\n(Сервер модели оборвал ответ; это то, что пришло.)",
  ],
  [
    "length",
    "\n\n(The answer ended at its token limit.)",
    "\n\n(Ответ закончился на пределе токенов.)",
  ],
];

for (const [finish, en, ru] of ends)
  for (const [language, remark] of [
    ["en", en],
    ["ru", ru],
  ] as const)
    it(`remarks on an answer that is there already and ended by ${finish} (${language})`, async () => {
      const asked = await askNode(
        () => Promise.resolve({ kind: "json", body: { text: "один, два", finish } }),
        principal,
        { key: "k", body: { text: "посчитай" }, language },
      );
      assert.deepEqual(asked, { kind: "text", text: `один, два${remark}` });
    });
