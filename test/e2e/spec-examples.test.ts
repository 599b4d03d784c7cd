import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  commandTable,
  type CommandSpec,
  FoldReport,
  MessageAnswer,
  OpenAiError,
  openAiStatus,
  problem,
  Problem,
  type Route,
  routes,
  speaksOpenAi,
} from "@adyton/protocol";
import { NodeProcess, startWithEmulator } from "./node-process.ts";

// Every example of the published specification, sent to a live node as a stranger who reads it would.

const table: readonly Route[] = routes;

describe("every example of the specification", () => {
  let node: NodeProcess;
  before(async () => {
    node = await NodeProcess.start();
  });
  after(() => node[Symbol.asyncDispose]());

  for (const route of table) {
    for (const example of route.examples) {
      for (const path of [route.path, ...(route.aliases ?? [])]) {
        test(`${route.method} ${path}: ${example.name} is answered with ${example.status}`, async () => {
          const query = new URLSearchParams();
          let target = path;
          for (const [name, value] of Object.entries(example.parameters ?? {}))
            if (target.includes(`{${name}}`)) target = target.replace(`{${name}}`, value);
            else query.set(name, value);
          const needsToken = route.access.kind === "token";
          const answer = await node.ask(
            query.size === 0 ? target : `${target}?${query.toString()}`,
            {
              method: route.method,
              token: needsToken ? node.owner : undefined,
              ...(example.body === undefined ? {} : { body: example.body }),
            },
          );
          assert.equal(answer.status, example.status, answer.text);
          const type = answer.headers["content-type"] ?? "";
          if (example.status >= 400 && speaksOpenAi(path)) {
            assert.match(type, /^application\/json/);
            const { code } = OpenAiError.parse(answer.json).error;
            assert.equal(openAiStatus(problem(code).status), example.status);
            return;
          }
          if (example.status >= 400) {
            assert.match(type, /^application\/problem\+json/);
            const parsed = Problem.parse(answer.json);
            assert.ok(parsed.status === example.status);
            return;
          }
          assert.ok(type.startsWith(route.response.mediaType), type);
          if (answer.json !== undefined) route.response.schema.parse(answer.json);
          else assert.ok(answer.text.length > 0);
        });
      }
    }
  }
});

/** An example with the names of clusters that are there in place of its own. */
async function withClusters(node: NodeProcess, example: string): Promise<string> {
  const folded = await node.say({ text: "/command fold_error web" });
  const report = FoldReport.parse(folded.json.data);
  const names = report.clusters.map(({ fingerprint }) => fingerprint);
  return example.replaceAll(/fold1:\w+/g, () => names.shift() ?? "");
}

describe("every example of a text command", () => {
  const commands: readonly CommandSpec[] = commandTable;
  for (const language of ["en", "ru"] as const) {
    test(`is executed as said, and is in /help, in ${language}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "adyton-examples-"));
      using stack = new DisposableStack();
      stack.defer(() => rmSync(folder, { recursive: true }));
      const log = join(folder, "web.log");
      writeFileSync(log, "error: the disk is full\nerror: nobody answers at the door\n");
      const config = `logs:\n  - name: web\n    path: ${log}\n`;
      await using both = await startWithEmulator({}, { language, config });
      const { node } = both;
      for (const { name, example, result, bare, summary } of commands) {
        // It thinks an answer over, so there must be one; the model then has its say.
        const isTurn = name === "rethink";
        if (isTurn) await node.say({ text: "Hello!", conversation: "examples", mode: "direct" });
        const text = name === "fold_group" ? await withClusters(node, example) : example;
        const said = await node.say({ text, conversation: "examples" });
        assert.equal(said.status, 200, `${example}: ${said.text}`);
        const answer = MessageAnswer.parse(said.json);
        assert.equal(answer.answeredBy, isTurn ? "model" : "command");
        assert.ok(answer.text.length > 0);
        result.parse(answer.data);
        if (bare) {
          const shouted = await node.say({ text: ` ${name.toUpperCase()} ` });
          assert.equal(shouted.json.answeredBy, "command", shouted.text);
        }
        const help = await node.say({ text: "/help" });
        assert.ok(help.json.text.includes(summary[language]), `${name} in /help`);
      }
    });
  }
});
