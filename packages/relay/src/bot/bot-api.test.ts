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
import { CallFaults } from "./call-faults.ts";

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
  /** What the owner of the machine is told. */
  let told: string[] = [];

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

  const open = (
    options: { tokens?: string[]; name?: string; range?: string; addresses?: string[] } = {},
  ): BotApi => {
    [requests, told] = [[], []];
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
        resolve: () => Promise.resolve(options.addresses ?? ["127.0.0.1"]),
      }),
      faults: new CallFaults({ say: (line) => void told.push(line) }),
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

  const failing: readonly [name: string, options: Parameters<typeof open>[0], line: RegExp][] = [
    ["foreign addresses", { range: "149.154.160.0/20" }, /FOREIGN_ADDRESS.*--range/],
    ["no address", { addresses: [] }, /NO_ADDRESS.*resolver/],
    ["an impostor", { name: "other.example.org" }, /CERTIFICATE.*clock/],
    ["nobody there", { addresses: ["127.0.0.2"] }, /UNREACHABLE.*network/],
  ];
  for (const [name, options, line] of failing)
    it(`are told of where they meet ${name}, without a word of theirs`, async () => {
      using api = open(options);
      await assert.rejects(ask(api));
      assert.equal(told.length, 1);
      assert.match(told[0] ?? "", line);
      assert.doesNotMatch(told.join(), /token\/|1:|привет|sendMessage|127\.0|example/);
    });

  it("are told of where the token is refused, and not where a file is gone", async () => {
    for (const [answer, times] of [
      [200, 0],
      [400, 0],
      [401, 1],
      [404, 1],
    ] as const) {
      using api = open({ tokens: ["1:token", "1:token"] });
      status = answer;
      await ask(api, { kind: "file", path: "photos/a.jpg" });
      assert.deepEqual(told, []);
      await ask(api);
      assert.equal(told.length, times, String(answer));
      for (const each of told) assert.match(each, /\(TOKEN\).*--token-file/);
    }
  });

  it("end when they are taken back", async () => {
    using api = open();
    await assert.rejects(api.ask(method, AbortSignal.abort()), { name: "AbortError" });
    assert.deepEqual(told, []);
  });
});
