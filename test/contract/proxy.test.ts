import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { ownLookup } from "../../packages/core/src/adapters/telegram/own-lookup.ts";
import {
  connectThrough,
  type Proxy,
  ProxyError,
  type ProxyCode,
} from "../../packages/core/src/adapters/telegram/proxy.ts";
import { SmallProxy } from "../e2e/small-proxy.ts";

// Connecting through proxies that run, and that do not.

const target = { host: "api.telegram.test", port: 443 };

/** A server that says a line and ends, on the loopback. */
async function serverSaying(line: string): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) =>
    socket
      .on("error", () => undefined)
      .resume()
      .end(line),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

const through = (proxy: Omit<Proxy, "host" | "readLogin">, login?: string) =>
  connectThrough(
    {
      ...proxy,
      host: "127.0.0.1",
      readLogin: () => (login === undefined ? undefined : { reveal: () => login }),
    },
    target,
    ownLookup(),
  );

const refusal = async (connecting: Promise<unknown>): Promise<ProxyCode | undefined> => {
  try {
    await connecting;
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ProxyError);
    assert.doesNotMatch(error.message, /127\.0|anna|пароль/);
    return error.code;
  }
};

for (const kind of ["socks5", "http"] as const)
  describe(`a proxy of the kind ${kind}`, () => {
    const logins: ReadonlyArray<
      readonly [wanted: string | undefined, given: string | undefined, code: ProxyCode | undefined]
    > = [
      [undefined, undefined, undefined],
      [undefined, "anna:unasked", undefined],
      ["anna:пароль:x", "anna:пароль:x", undefined],
      ["anna:", "anna:", undefined],
      [`anna:${"p".repeat(255)}`, `anna:${"p".repeat(255)}`, undefined],
      ["anna:пароль", "anna:falsch", "PROXY_LOGIN"],
      ["anna:пароль", undefined, "PROXY_LOGIN"],
    ];
    for (const [wanted, given, code] of logins)
      it(`${code ?? "connects"}: wants ${wanted?.slice(0, 12)}, is given ${given?.slice(0, 12)}`, async () => {
        await using server = await serverSaying("hello from behind");
        await using proxy = await SmallProxy.start({
          kind,
          resolve: () => server.port,
          ...(wanted === undefined ? {} : { login: wanted }),
        });
        const connecting = through({ kind, port: proxy.port }, given);
        assert.equal(await refusal(connecting), code);
        if (code !== undefined) return;
        const socket = await connecting;
        const said = (await socket.toArray()).join("");
        assert.equal(said, "hello from behind");
        assert.deepEqual(
          proxy.asked.map(({ host, port }) => [host, port]),
          [[target.host, target.port]],
        );
        socket.destroy();
      });

    it("says that it refuses the server", async () => {
      await using proxy = await SmallProxy.start({ kind, resolve: () => undefined });
      assert.equal(await refusal(through({ kind, port: proxy.port })), "PROXY_REFUSED");
    });

    it("says that something else answers", async () => {
      await using other = await serverSaying("SSH-2.0-OpenSSH_9.9\r\n\r\n\r\n");
      assert.equal(await refusal(through({ kind, port: other.port })), "PROXY_STRANGE");
    });

    it("says that nobody answers", async () => {
      const gone = await serverSaying("");
      await gone[Symbol.asyncDispose]();
      assert.equal(await refusal(through({ kind, port: gone.port })), "PROXY_UNREACHABLE");
    });

    it("says that the file with the login cannot be read", async () => {
      await using proxy = await SmallProxy.start({ kind, resolve: () => undefined });
      const connecting = connectThrough(
        {
          kind,
          host: "127.0.0.1",
          port: proxy.port,
          readLogin: () => {
            throw new Error("no such file");
          },
        },
        target,
        ownLookup(),
      );
      assert.equal(await refusal(connecting), "PROXY_LOGIN");
    });
  });

it("refuses a user that SOCKS5 has no room for", async () => {
  const login = `${"u".repeat(256)}:p`;
  await using proxy = await SmallProxy.start({ kind: "socks5", login, resolve: () => undefined });
  assert.equal(await refusal(through({ kind: "socks5", port: proxy.port }, login)), "PROXY_LOGIN");
});

for (const [bytes, code] of [
  [16 * 1024, "PROXY_REFUSED"],
  [16 * 1024 + 1, "PROXY_STRANGE"],
] as const)
  it(`an answer of ${bytes} bytes before the connection: ${code}`, async () => {
    const [first, last] = ["HTTP/1.1 503 Busy\r\nx: ", "\r\n\r\n"];
    await using proxy = await serverSaying(
      `${first}${"x".repeat(bytes - first.length - last.length)}${last}`,
    );
    assert.equal(await refusal(through({ kind: "http", port: proxy.port })), code);
  });
