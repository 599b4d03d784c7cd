import { createServer, type Socket } from "node:net";

// The model server of the benches, in a process of its own: answers at once, always the same. It speaks just the HTTP
// the contestants speak and reads no prompt, because whatever it takes of the processor is taken from what is measured.

const model = "emulated-chat";
const answer = "A vault keeps what is in it, and shows who was there.";
const completionTokens = 18;
/** A rough count: an English prompt in JSON has about so many bytes for each token. */
const bytesPerToken = 5;

function completion(promptBytes: number): string {
  const promptTokens = Math.ceil(promptBytes / bytesPerToken);
  return JSON.stringify({
    id: "chatcmpl-bench",
    object: "chat.completion",
    created: 0,
    model,
    choices: [{ index: 0, message: { role: "assistant", content: answer }, finish_reason: "stop" }],
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: completionTokens,
      total_tokens: promptTokens + completionTokens,
    },
  });
}

const models = JSON.stringify({ object: "list", data: [{ id: model, object: "model" }] });
const unknown = JSON.stringify({ error: { message: "there is no such address here" } });

function response(status: string, body: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

function answerTo(head: string, bodyBytes: number): string {
  if (head.startsWith("POST /v1/chat/completions "))
    return response("200 OK", completion(bodyBytes));
  if (head.startsWith("GET /v1/models ")) return response("200 OK", models);
  return response("404 Not Found", unknown);
}

/** Answers each request of a connection as soon as it is whole. */
function serve(socket: Socket): void {
  let received: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    for (;;) {
      const headEnd = received.indexOf("\r\n\r\n");
      if (headEnd === -1) return;
      const head = received.toString("latin1", 0, headEnd + 2);
      const bodyBytes = Number(/\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1] ?? 0);
      const end = headEnd + 4 + bodyBytes;
      if (received.length < end) return;
      received = received.subarray(end);
      socket.write(answerTo(head, bodyBytes));
    }
  });
}

const server = createServer(serve).listen(0, "127.0.0.1");
const { promise: listening, resolve } = Promise.withResolvers<number>();
server.once("listening", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") resolve(address.port);
});
process.on("message", () => void listening.then((port) => process.send?.({ port })));
process.on("disconnect", () => process.exit(0));
