import { request } from "node:http";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type HostOptions,
  ModelHost,
} from "../../packages/core/src/adapters/llama-cpp/model-host.ts";

export interface Asked {
  readonly status: number;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly json: any;
}

/** A model in its process, spoken to over its socket without any client of ours. */
export class EmbeddedServer implements AsyncDisposable {
  readonly host: ModelHost;
  readonly folder: string;
  readonly socket: string;
  readonly logged: string[] = [];

  constructor(file: string, options: Partial<HostOptions> = {}) {
    this.folder = mkdtempSync(join(tmpdir(), "adyton-embedded-"));
    this.socket = join(this.folder, "run", "m.sock");
    this.host = new ModelHost({
      file,
      name: "tiny",
      socket: this.socket,
      slots: 1,
      gpu: "off",
      log: (_level, message, fields) => {
        this.logged.push(`${message} ${fields["detail"] ?? ""}`);
      },
      ...options,
    });
  }

  static async start(file: string, options: Partial<HostOptions> = {}): Promise<EmbeddedServer> {
    const server = new EmbeddedServer(file, options);
    await server.host.settled();
    return server;
  }

  /** One request; `onData` sees what has come so far and may end it. */
  ask(path: string, body?: object, onData?: (text: string) => "go on" | "leave"): Promise<Asked> {
    const { promise, resolve, reject } = Promise.withResolvers<Asked>();
    const method = body === undefined ? "GET" : "POST";
    const sent = request({ socketPath: this.socket, path, method }, (response) => {
      let text = "";
      const done = (): void => {
        const isJson = response.headers["content-type"] === "application/json";
        const json: unknown = isJson && response.complete ? JSON.parse(text) : undefined;
        resolve({ status: response.statusCode ?? 0, text, json });
      };
      response.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
        if (onData?.(text) === "leave") sent.destroy();
      });
      response.once("close", done);
      response.on("error", () => undefined);
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The events of a stream, parsed. */
// oxlint-disable-next-line typescript/no-explicit-any
export function eventsOf(text: string): any[] {
  return text
    .split("\n\n")
    .filter((each) => each.startsWith("data: {"))
    .map((each) => JSON.parse(each.slice("data: ".length)));
}
