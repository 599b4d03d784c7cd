// Runs where there is no network but the loopback: starts a node with the home in the first argument, asks it what a
// person would, and prints what came as JSON. The test beside this file starts it in a network namespace of its own.
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { NodeProcess, until } from "./node-process.ts";

/** An address that routers everywhere drop (RFC 5737): whether a packet could leave at all is what counts. */
const outside = { host: "192.0.2.1", port: 80 };

await using node = await NodeProcess.start({
  home: process.argv[2] ?? "",
  backend: "configured",
});
const owner = { token: node.owner };
const health = () => node.ask("/api/v1/health", owner);
await until("the model", async () => (await health()).json.status === "ok");
const answer = await node.say({ text: "Как дела? How are you?" });
const self = await node.say({ text: "describe_self" });
const document = await node.ask("/api/v1/memory/documents", {
  ...owner,
  body: { title: "Печь", text: "Котёл греет до 60 градусов.", mediaType: "text/plain" },
});
const found = await node.ask(`/api/v1/memory/search?q=${encodeURIComponent("котёл")}`, owner);
const quoted = await node.say({ text: "Сколько градусов котёл?", mode: "extractive" });
const verified = await node.verify();
const route = await new Promise<string>((resolve) => {
  const socket = connect(outside);
  socket.once("connect", () => resolve("connected"));
  socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
});
const told = {
  interfaces: Object.keys(networkInterfaces()),
  route,
  health: (await health()).json.status,
  answer: answer.json,
  self: self.status,
  added: document.status,
  found: found.json.found,
  quoted: quoted.json.answeredBy,
  clean: verified.json.clean,
};
process.stdout.write(`${JSON.stringify(told)}\n`);
