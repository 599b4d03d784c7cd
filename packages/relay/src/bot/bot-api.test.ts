import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { text } from "node:stream/consumers";
import { setDefaultCACertificates } from "node:tls";
import { AddressError, AllowedAddresses } from "../allowed-addresses.ts";
import { parseRange } from "../blind/target.ts";
import { BotApi, type BotRequest } from "./bot-api.ts";

const host = "api.telegram.org";
const never = new AbortController().signal;
const method: BotRequest = {
  kind: "method",
  name: "sendMessage",
  contentType: "application/json",
  body: Buffer.from('{"text":"привет"}'),
};

describe("the calls to the Bot API", () => {
  let server: Server;
  let port: number;
  /** Method, path, kind and body of each request. */
  let requests: unknown[] = [];
  let status = 200;

  before(async () => {
    const folder = mkdtempSync(join(tmpdir(), "adyton-bot-api-"));
    const [keyFile, certFile] = [join(folder, "key"), join(folder, "cert")];
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
    const out = ["-keyout", keyFile, "-out", certFile];
    execFileSync("openssl", ["req", "-x509", ...kind, ...out, ...subject], { stdio: "ignore" });
    const [key, cert] = [readFileSync(keyFile, "utf8"), readFileSync(certFile, "utf8")];
    rmSync(folder, { recursive: true });
    setDefaultCACertificates([cert]);
    server = createServer({ key, cert }, (request, response) => {
      void text(request).then((said) => {
        requests.push([request.method, request.url, request.headers["content-type"], said]);
        return response.writeHead(status).end("answered");
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const bound = server.address();
    port = typeof bound === "object" ? (bound?.port ?? 0) : 0;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const open = (options: { tokens?: string[]; name?: string; range?: string } = {}): BotApi => {
    requests = [];
    status = 200;
    const tokens = options.tokens ?? ["1:token"];
    return new BotApi({
      apiRoot: new URL(`https://${options.name ?? host}:${port}`),
      readToken: () => {
        const token = tokens.shift();
        if (token === undefined) throw new Error("the file cannot be read");
        return { reveal: () => token };
      },
      addresses: new AllowedAddresses({
        ranges: [parseRange(options.range ?? "127.0.0.0/8")],
        resolve: () => Promise.resolve(["127.0.0.1"]),
      }),
    });
  };
  const ask = async (api: BotApi, wanted: BotRequest = method): Promise<string> =>
    await text(await api.ask(wanted, never));

  it("have the token added, as methods and as files", async () => {
    using api = open();
    assert.equal(await ask(api), "answered");
    await ask(api, { kind: "file", path: "photos/a.jpg" });
    assert.deepEqual(requests, [
      ["POST", "/bot1:token/sendMessage", "application/json", '{"text":"привет"}'],
      ["GET", "/file/bot1:token/photos/a.jpg", undefined, ""],
    ]);
  });

  it("have the token that is in the file after one was refused", async () => {
    using api = open({ tokens: ["1:old", "1:new"] });
    status = 401;
    await ask(api);
    await ask(api);
    // The file is gone now: the token that was read last goes on.
    await ask(api);
    const paths = requests.map((request) => (Array.isArray(request) ? request[1] : ""));
    assert.deepEqual(paths, [
      "/bot1:old/sendMessage",
      "/bot1:new/sendMessage",
      "/bot1:new/sendMessage",
    ]);
  });

  it("go to the server's addresses alone, and to the server alone", async () => {
    using foreign = open({ range: "149.154.160.0/20" });
    await assert.rejects(ask(foreign), (error) => error instanceof AddressError);
    using impostor = open({ name: "other.example.org" });
    await assert.rejects(ask(impostor), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
    assert.deepEqual(requests, [], "nothing was said to it");
  });

  it("end when they are taken back", async () => {
    using api = open();
    await assert.rejects(api.ask(method, AbortSignal.abort()), { name: "AbortError" });
  });
});
