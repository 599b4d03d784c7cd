import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { BackendError, parseAddress } from "./address.ts";

describe("parseAddress", () => {
  const cases: ReadonlyArray<[url: string, text: string]> = [
    ["http://127.0.0.1:11434", "http://127.0.0.1:11434"],
    ["http://127.0.0.1:11434/", "http://127.0.0.1:11434"],
    ["http://127.0.0.1:8000/v1", "http://127.0.0.1:8000"],
    ["http://127.0.0.1:8000/v1/", "http://127.0.0.1:8000"],
    ["http://127.0.0.1:8000/v1/chat/completions", "http://127.0.0.1:8000"],
    ["localhost:5000", "http://localhost:5000"],
    [" http://[::1]:8080/v1 ", "http://[::1]:8080"],
    ["https://llm.example/openai/v1", "https://llm.example/openai"],
    ["HTTP://Box:1234", "http://box:1234"],
  ];
  for (const [url, text] of cases)
    it(`reads ${url}`, () => assert.equal(parseAddress(url).text, text));

  it("reads the path of a unix socket", () => {
    for (const url of [
      "unix:/run/модель.sock",
      "unix:///run/модель.sock",
      "UNIX:/run/модель.sock",
    ]) {
      const { socketPath, text, isSecure, basePath } = parseAddress(url);
      assert.deepEqual(
        [socketPath, text, isSecure, basePath],
        ["/run/модель.sock", "unix:/run/модель.sock", false, ""],
      );
    }
    const longest = `/${"x".repeat(102)}`;
    assert.equal(parseAddress(`unix:${longest}`).socketPath, longest);
  });

  it("gives what a request needs", () => {
    assert.deepEqual(parseAddress("http://[::1]/llm/v1"), {
      isSecure: false,
      hostname: "::1",
      port: 80,
      host: "[::1]",
      basePath: "/llm",
      text: "http://[::1]/llm",
    });
    assert.equal(parseAddress("https://h").port, 443);
  });

  for (const url of [
    "",
    "ftp://h",
    "http://",
    "http://user:key@h",
    "http://h?key=1",
    "http://h#x",
    "http://h:99999",
    "unix:",
    "unix:/",
    "unix:run/x.sock",
    `unix:/${"x".repeat(107)}`,
  ])
    it(`refuses ${JSON.stringify(url)} without repeating it`, () =>
      assert.throws(
        () => parseAddress(url),
        (error: unknown) => error instanceof BackendError && !error.message.includes("key@"),
      ));
});
