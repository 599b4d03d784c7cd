import assert from "node:assert/strict";
import { it } from "node:test";
import { commandTable } from "@adyton/protocol";
import { helpIn } from "./command-menu.ts";

const all = { commands: commandTable.map(({ name }) => ({ name })) };

it("lists what the menu has by the names there, and then what has to be written out", () => {
  const [short = "", long = ""] = (helpIn("ru", all) ?? "").split("\n\n");
  const lines = short.split("\n");
  assert.deepEqual(
    lines.slice(0, 3).map((line) => line.split(" — ")[0]),
    ["/help", "/mode", "/new"],
  );
  for (const line of lines) assert.match(line, /^\/[a-z_]+ — [А-ЯЁ]/);
  for (const name of ["/self", "/pulse", "/mirror"])
    assert.ok(
      lines.some((line) => line.startsWith(`${name} `)),
      name,
    );
  assert.match(long, /^\/command switch_mode .* — Переключает/);
  assert.doesNotMatch(long, /describe_self|echo_pulse|mirror_self/);
});

it("leaves out what its reader may not use", () => {
  const help = helpIn("en", { commands: [{ name: "help" }] });
  assert.equal(help, "/help — The commands you may use.");
});

it("is nothing for the result of anything else", () => {
  assert.equal(helpIn("en", { mode: "DIRECT" }), undefined);
  assert.equal(helpIn("en", undefined), undefined);
});
