import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { makeCertificate } from "@adyton/emulators";

// A Bot API with so many updates from one person, in a process of its own; a poll behind the last is not answered. Its
// certificate lies in the folder named by the first argument.

const [folder = ".", host = "", count = "0"] = process.argv.slice(2);
const { key, cert } = makeCertificate(folder, "updates", host);
const text = readFileSync(import.meta.filename, "utf8").slice(0, 300);
const user = { id: 1, is_bot: false, first_name: "A" };
const updateOf = (update_id: number) => ({
  update_id,
  message: {
    message_id: update_id,
    date: 0,
    from: user,
    chat: { ...user, type: "private" },
    text: `${update_id} ${text}`,
  },
});

const server = createServer({ key, cert }, (request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (chunk: string) => {
    body += chunk;
  });
  request.on("end", () => {
    const question: unknown = JSON.parse(body);
    const { offset, limit } = { offset: 0, limit: 100, ...(question as object) };
    const first = Math.max(1, offset);
    const length = Math.min(limit, Number(count) - first + 1);
    if (length <= 0) return;
    const result = Array.from({ length }, (_, index) => updateOf(first + index));
    response.end(JSON.stringify({ ok: true, result }));
  });
});
const { promise: listening, resolve } = Promise.withResolvers<number>();
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") resolve(address.port);
});
process.on("message", () => void listening.then((port) => process.send?.({ port })));
process.on("disconnect", () => process.exit(0));
