// Appends in eight loops until it is killed, and prints each acknowledged record as "seq text".
import { flushCompileCache } from "node:module";
import { Journal } from "../journal.ts";
import { filesIn, said } from "./journal-fixture.ts";

const home = process.argv[2] ?? "";
// A killed process keeps nothing for the next one but what it has flushed.
flushCompileCache();
const journal = await Journal.open(filesIn(home));

async function loop(name: string): Promise<never> {
  for (let index = 0; ; index += 1) {
    const text = `${process.pid}-${name}-${index}`;
    const outcome = await journal.append({ records: [said(text), said(`${text} следом`)] });
    if (outcome.kind === "appended") process.stdout.write(`${outcome.firstSeq} ${text}\n`);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, index) => loop(String(index))));
