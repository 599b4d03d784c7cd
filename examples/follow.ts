// Follows the journal over a WebSocket and misses nothing, however often the connection breaks.
//   ./adyton node examples/follow.ts [home of the node] [address]
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const home = process.argv[2] ?? join(homedir(), ".adyton");
const address = process.argv[3] ?? "ws://localhost:7860";
const token = readFileSync(join(home, "token"), "utf8").trim();
const ackEvery = 32;
const againMs = 1_000;

/** What the node says here; reverse-api-events.yaml has all of it. */
type Said =
  | { type: "ready" | "resumed" | "reset"; resume: string }
  | { type: "event"; seq: number; data: { type: string } }
  | { type: "problem"; problem: { title: string } };

let resume: string | undefined;
let lastSeq = 0;
let taken = 0;

function connect(): void {
  const socket = new WebSocket(`${address}/api/v1/ws`, "adyton.v1+json");
  const tell = (message: object): void => socket.send(JSON.stringify(message));
  // A browser's or Node's WebSocket cannot send a header, so the first message says who speaks.
  socket.addEventListener("open", () =>
    tell({ type: "hello", token, ...(resume && { resume, lastSeq }) }),
  );
  socket.addEventListener("message", ({ data }) => {
    // The node keeps to its specification.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const said = JSON.parse(String(data)) as Said;
    if (said.type === "ready") {
      ({ resume } = said);
      tell({ type: "subscribe", id: "journal", after: lastSeq });
    } else if (said.type === "event") {
      lastSeq = said.seq;
      console.log(lastSeq, said.data.type);
      if (++taken % ackEvery === 0) tell({ type: "ack", seq: lastSeq });
    } else if (said.type === "problem") console.error(said.problem.title);
  });
  socket.addEventListener("close", ({ code }) => {
    if (code === 4001) throw new Error("the token is not valid");
    // The node has restarted or too much time has passed: a new subscription begins at the same record.
    if (code === 4009) resume = undefined;
    setTimeout(connect, againMs);
  });
}

connect();
