import { startOpenAiEmulator } from "../packages/emulators/src/index.ts";

// The model server of the benches, in a process of its own: answers at once, always the same, and records nothing.

const emulator = await startOpenAiEmulator({
  rules: [{ reply: "A vault keeps what is in it, and shows who was there." }],
  recordedRequestsMax: 0,
});
process.on("message", () => process.send?.({ port: emulator.port }));
process.on("disconnect", () => process.exit(0));
