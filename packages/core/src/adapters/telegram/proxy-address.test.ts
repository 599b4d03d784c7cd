import assert from "node:assert/strict";
import { it } from "node:test";
import { parseProxy } from "./proxy-address.ts";

const taken: ReadonlyArray<
  readonly [text: string, kind: "socks5" | "http", host: string, port: number]
> = [
  ["socks5://192.0.2.1:1080", "socks5", "192.0.2.1", 1080],
  ["socks5h://proxy.example:9050", "socks5", "proxy.example", 9050],
  ["http://proxy.example:3128", "http", "proxy.example", 3128],
  ["http://proxy.example/", "http", "proxy.example", 80],
  ["socks5://[2001:db8::1]:1080", "socks5", "2001:db8::1", 1080],
];
for (const [text, kind, host, port] of taken)
  it(`takes ${text}`, () => assert.deepEqual(parseProxy(text), { kind, host, port }));

const refused: ReadonlyArray<readonly [text: string, why: RegExp]> = [
  ["192.0.2.1:1080", /such as/],
  ["socks4://192.0.2.1:1080", /such as/],
  ["https://192.0.2.1:443", /such as/],
  ["socks5://192.0.2.1", /port/],
  ["socks5://192.0.2.1:0", /port/],
  ["socks5://anna:hunter2secret@192.0.2.1:1080", /proxy_login_file/],
  ["http://192.0.2.1:3128/path", /end with the port/],
  ["", /such as/],
];
for (const [text, why] of refused)
  it(`refuses "${text}"`, () =>
    assert.throws(
      () => parseProxy(text),
      (error: Error) => why.test(error.message) && !error.message.includes("hunter2secret"),
    ));
