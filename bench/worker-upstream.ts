import { startOpenAiEmulator } from "../packages/emulators/src/index.ts";

// The model server beside one worker, in a process of its own, perhaps in a network namespace of its own: it says its
// port on standard output and ends with a signal.

const [reply = "", tokenDelay = "0"] = process.argv.slice(2);
const emulator = await startOpenAiEmulator({
  rules: [{ reply }],
  tokenDelayMs: Number(tokenDelay),
  recordedRequestsMax: 0,
});
process.stdout.write(`port ${emulator.port}\n`);
