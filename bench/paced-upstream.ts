import { startOpenAiEmulator } from "../packages/emulators/src/index.ts";

// A model server that writes as a person reads, in a process of its own, to be killed, stopped or spoilt. The second
// argument, where there is one, is the word after which it sends garbage.

const [reply = "", garbageAfter] = process.argv.slice(2);
const emulator = await startOpenAiEmulator({ rules: [{ reply }], tokenDelayMs: 10 });
if (garbageAfter !== undefined)
  emulator.setFault({ kind: "invalid_chunk", afterTokens: Number(garbageAfter) });
process.on("message", () => process.send?.({ port: emulator.port }));
process.on("disconnect", () => process.exit(0));
