// A scripted model server in a process of its own, to be killed: options as JSON in the first argument, its port on
// standard output. It ends with its parent, when standard input closes.
import { startOpenAiEmulator, type OpenAiEmulatorOptions } from "@adyton/emulators";

// Written by the test that starts it, so its shape is known.
const options = JSON.parse(process.argv[2] ?? "{}") as OpenAiEmulatorOptions;
const emulator = await startOpenAiEmulator(options);
process.stdin.on("end", () => process.exit(1)).resume();
process.stdout.write(`${emulator.port}\n`);
