import { execFile } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Child, freePort } from "./child.ts";
import { cacheFolder } from "./machine.ts";
import { answers } from "./under-test.ts";

// Programs that people would otherwise use for the same. They are installed into the cache when somebody asks for the
// comparison, in the versions it is made with, and are never a dependency of this repository.

const installMsMax = 280_000;

/** Installs an exact version of a package once. Returns its folder. */
async function installed(name: string, version: string): Promise<string> {
  const prefix = join(cacheFolder, `${name.replaceAll(/[@/]/g, "_")}-${version}`);
  const folder = join(prefix, "node_modules", name);
  if (existsSync(join(prefix, ".installed"))) return folder;
  mkdirSync(prefix, { recursive: true });
  const args = ["install", "--prefix", prefix, "--ignore-scripts", "--no-audit", "--no-fund"];
  await promisify(execFile)("npm", [...args, `${name}@${version}`], { timeout: installMsMax });
  writeFileSync(join(prefix, ".installed"), "");
  return folder;
}

export interface Peer extends AsyncDisposable {
  readonly port: number;
  readonly child: Child;
}

/** The Portkey gateway: passes a request on to a model server and keeps nothing. */
export async function startPortkey(): Promise<Peer> {
  const folder = await installed("@portkey-ai/gateway", "1.15.2");
  const port = await freePort();
  const script = join(folder, "build/start-server.js");
  const child = Child.spawn(process.execPath, [script, `--port=${port}`, "--headless"]);
  await answers(port, "/", child);
  return { port, child, [Symbol.asyncDispose]: () => child.stop() };
}

export const portkeyHeaders = (upstreamPort: number): Readonly<Record<string, string>> => ({
  "x-portkey-provider": "openai",
  "x-portkey-custom-host": `http://127.0.0.1:${upstreamPort}/v1`,
  Authorization: "Bearer any",
});

/** Node-RED with one flow that takes an HTTP request and answers it; what arrives is kept in memory only. */
export async function startNodeRed(folder: string): Promise<Peer> {
  const program = await installed("node-red", "5.0.7");
  const port = await freePort();
  const userDir = join(folder, "node-red");
  mkdirSync(userDir, { recursive: true });
  const settings = join(userDir, "settings.cjs");
  const options = { uiHost: "127.0.0.1", uiPort: port, userDir, flowFile: "flows.json" };
  const logging = { console: { level: "warn", metrics: false, audit: false } };
  writeFileSync(
    settings,
    `module.exports = ${JSON.stringify({ ...options, logging, httpAdminRoot: false })};\n`,
  );
  const flow = [
    { id: "bench-tab", type: "tab", label: "bench" },
    {
      id: "bench-in",
      type: "http in",
      z: "bench-tab",
      url: "/events",
      method: "post",
      wires: [["bench-out"]],
    },
    {
      id: "bench-ready",
      type: "http in",
      z: "bench-tab",
      url: "/ready",
      method: "get",
      wires: [["bench-out"]],
    },
    { id: "bench-out", type: "http response", z: "bench-tab", statusCode: "200", wires: [] },
  ];
  writeFileSync(join(userDir, "flows.json"), JSON.stringify(flow));
  const child = Child.spawn(process.execPath, [join(program, "red.js"), "-s", settings]);
  await answers(port, "/ready", child);
  return { port, child, [Symbol.asyncDispose]: () => child.stop() };
}
