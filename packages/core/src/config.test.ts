import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { forbiddenMax, logsMax, NodeConfig } from "./config.ts";
import { backendRoles } from "./ports/backend.ts";

const backend = { url: "http://127.0.0.1:11434" };

describe("the configuration", () => {
  it("has a default for every key", () => {
    assert.deepEqual(NodeConfig.parse({}), {
      listen: { port: 7860, socket_port: 0 },
      language: "auto",
      backends: [],
      logs: [],
      turns: { wall_seconds: 600, history_turns: 20 },
      invariants: { forbidden: [], json: false },
      recursia: { calls: 8, tokens: 12_000, wall_seconds: 90, tokens_per_day: 1_000_000 },
      memory: { proposal_days: 30 },
      exit: { links: [], hide: [], keep: [] },
      retention: { trace_days: 30 },
    });
    const { backends } = NodeConfig.parse({ backends: [backend] });
    assert.equal(backends[0]?.name, "default");
    assert.equal(backends[0]?.concurrency, 8);
    assert.deepEqual(backends[0]?.roles, ["chat"]);
  });

  it("gives an embedded model an address, its name and one answer at a time", () => {
    const { backends } = NodeConfig.parse({ backends: [{ embedded: "qwen3-4b" }] });
    const [{ url, model, concurrency } = {}] = backends;
    assert.deepEqual([url, model, concurrency], ["embedded:qwen3-4b", "qwen3-4b", 1]);
  });

  const turns = (key: string, value: unknown) => ({ turns: { [key]: value } });
  const own = { embedded: "qwen3-4b" };
  const manyBackends = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...backend, name: `b${index}` }));
  const manyLogs = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ name: `l${index}`, path: "/a" }));
  const texts = (count: number) => Array.from({ length: count }, (_, index) => `t${index}`);
  const ofBackend = (more: object) => ({ backends: [{ ...backend, ...more }] });
  const bot = { token_file: "/t", via: "proxy", proxy: "socks5://192.0.2.1:1080" };
  const ways: ReadonlyArray<readonly [name: string, telegram: object, refused: readonly string[]]> =
    [
      ["a proxy", bot, []],
      ["a proxy that one logs in at", { ...bot, proxy_login_file: "/p" }, []],
      ["the way through a proxy without one", { token_file: "/t", via: "proxy" }, ["via"]],
      [
        "a proxy that is not used",
        { ...bot, via: "direct", proxy_login_file: "/p" },
        ["proxy", "proxy_login_file"],
      ],
      ["a proxy that could read along", { ...bot, api_root: "http://192.0.2.9" }, ["api_root"]],
      [
        "a proxy with a password",
        { ...bot, proxy: "http://anna:secret@192.0.2.1:3128" },
        ["proxy"],
      ],
    ];
  for (const [name, telegram, refused] of ways)
    it(`${refused.length === 0 ? "takes" : "refuses"} ${name}`, () => {
      const issues = NodeConfig.safeParse({ telegram }).error?.issues ?? [];
      assert.deepEqual(
        issues.map(({ path }) => path.join(".")),
        refused.map((key) => `telegram.${key}`),
      );
      assert.doesNotMatch(JSON.stringify(issues), /secret/);
    });

  const cases: ReadonlyArray<readonly [name: string, value: unknown, accepted: boolean]> = [
    ["an unknown key", { lsiten: {} }, false],
    ["an unknown key below", { listen: { port: 1, host: "0.0.0.0" } }, false],
    ["rules for answers", { invariants: { language: "ru", answer_chars: 1, json: true } }, true],
    ["a rule in an unknown language", { invariants: { language: "de" } }, false],
    ["answers of no length", { invariants: { answer_chars: 0 } }, false],
    ["an unknown rule", { invariants: { kind: true } }, false],
    ["as many forbidden texts as may be", { invariants: { forbidden: texts(forbiddenMax) } }, true],
    ["one forbidden text more", { invariants: { forbidden: texts(forbiddenMax + 1) } }, false],
    ["a log", { logs: [{ name: "web", path: "/var/log/nginx/error.log" }] }, true],
    ["a log by a relative path", { logs: [{ name: "web", path: "error.log" }] }, false],
    ["a log with the name of the node's own", { logs: [{ name: "node", path: "/a" }] }, false],
    ["a log with a name in capitals", { logs: [{ name: "Web", path: "/a" }] }, false],
    ["a log with an unknown key", { logs: [{ name: "web", path: "/a", glob: "*" }] }, false],
    ["two logs of one name", { logs: ["/a", "/b"].map((path) => ({ name: "web", path })) }, false],
    ["as many logs as may be", { logs: manyLogs(logsMax) }, true],
    ["one log more", { logs: manyLogs(logsMax + 1) }, false],
    ["a port as text", { listen: { port: "7860" } }, false],
    ["one call of a run", { recursia: { calls: 1 } }, true],
    ["no call of a run", { recursia: { calls: 0 } }, false],
    ["64 calls of a run", { recursia: { calls: 64 } }, true],
    ["65 calls of a run", { recursia: { calls: 65 } }, false],
    [
      "a judge that nobody measured",
      { recursia: { judge: { sensitivity: 1, specificity: 0.9 } } },
      false,
    ],
    ["port 0", { listen: { port: 0 } }, true],
    ["port 65535", { listen: { port: 65_535 } }, true],
    ["the relay's time at port 1", { relay: { address: "10.77.0.1:1", time_port: 1 } }, true],
    ["the relay's time at port 0", { relay: { address: "10.77.0.1:1", time_port: 0 } }, false],
    ["a server for speech", { voice: { url: "127.0.0.1:8081", language: "ru" } }, true],
    ["a server for speech without an address", { voice: { model: "whisper-1" } }, false],
    ["a server for speech with a password", { voice: { url: "http://a:b@127.0.0.1" } }, false],
    ["speech in a language by name", { voice: { url: "127.0.0.1", language: "russian" } }, false],
    ["a model for speech", { voice: { folder: "/models/giga-am" } }, true],
    ["a model for speech by a relative path", { voice: { folder: "giga-am" } }, false],
    ["a model for speech and a server", { voice: { folder: "/m", url: "127.0.0.1" } }, false],
    ["a model for speech with a server's key", { voice: { folder: "/m", model: "x" } }, false],
    ["neither a server nor a model for speech", { voice: {} }, false],
    ["an unknown key of voice", { voice: { url: "127.0.0.1", key: "k" } }, false],
    ["port 65536", { listen: { port: 65_536 } }, false],
    ["port -1", { listen: { port: -1 } }, false],
    ["Russian", { language: "ru" }, true],
    ["German", { language: "de" }, false],
    ["one backend", ofBackend({}), true],
    ["workers at the loopback", { workers: { redis: "redis://127.0.0.1:6379/0" } }, true],
    ["workers elsewhere", { workers: { redis: "rediss://10.0.0.5", key_file: "/k" } }, true],
    ["workers elsewhere without a key", { workers: { redis: "redis://10.0.0.5" } }, false],
    [
      "workers beside a backend",
      { backends: [backend], workers: { redis: "redis://[::1]" } },
      true,
    ],
    ["workers without Redis", { workers: {} }, false],
    ["workers at what is no Redis", { workers: { redis: "http://127.0.0.1" } }, false],
    ["an unknown key of workers", { workers: { redis: "redis://127.0.0.1", key: 1 } }, false],
    ["an hour's wait", { workers: { redis: "redis://127.0.0.1", wait_seconds: 3_600 } }, true],
    ["a longer wait", { workers: { redis: "redis://127.0.0.1", wait_seconds: 3_601 } }, false],
    ["a backend named as the workers are", { backends: [{ ...backend, name: "workers" }] }, false],
    ["two backends", { backends: [backend, { ...backend, name: "b" }] }, true],
    ["two backends of one name", { backends: [backend, backend] }, false],
    ["32 backends", { backends: manyBackends(32) }, true],
    ["33 backends", { backends: manyBackends(33) }, false],
    ["a spare", ofBackend({ weight: 0 }), true],
    ["a negative weight", ofBackend({ weight: -1 }), false],
    ["every role", ofBackend({ roles: [...backendRoles] }), true],
    ["no role", ofBackend({ roles: [] }), false],
    ["a role twice", ofBackend({ roles: ["chat", "chat"] }), false],
    ["an unknown role", ofBackend({ roles: ["poet"] }), false],
    ["an address without a scheme", ofBackend({ url: "localhost:11434" }), true],
    ["an address with /v1", ofBackend({ url: "https://host/v1" }), true],
    ["a unix socket", ofBackend({ url: "unix:/run/model.sock" }), true],
    ["an embedded model", { backends: [{ embedded: "qwen3-4b" }] }, true],
    ["one with all its keys", { backends: [{ ...own, threads: 1_024, gpu: "auto" }] }, true],
    ["too many threads", { backends: [{ ...own, threads: 1_025 }] }, false],
    ["another GPU", { backends: [{ ...own, gpu: "on" }] }, false],
    ["a path for a name", { backends: [{ embedded: "../x" }] }, false],
    ["neither server nor model", { backends: [{ name: "a" }] }, false],
    ["both server and model", ofBackend(own), false],
    ["threads of a server", ofBackend({ threads: 2 }), false],
    ["a key for an embedded model", { backends: [{ ...own, api_key_file: "/k" }] }, false],
    ["another scheme", ofBackend({ url: "ftp://host" }), false],
    ["no address", ofBackend({ url: "" }), false],
    ["a name with a capital", ofBackend({ name: "A" }), false],
    ["concurrency 0", ofBackend({ concurrency: 0 }), false],
    ["concurrency 256", ofBackend({ concurrency: 256 }), true],
    ["concurrency 257", ofBackend({ concurrency: 257 }), false],
    ["a model that sees", ofBackend({ vision: true }), true],
    ["a word for whether it sees", ofBackend({ vision: "yes" }), false],
    ["a window of 512", ofBackend({ context_tokens: 512 }), true],
    ["a window of 511", ofBackend({ context_tokens: 511 }), false],
    ["a model of 200 characters", ofBackend({ model: "m".repeat(200) }), true],
    ["a model of 201 characters", ofBackend({ model: "m".repeat(201) }), false],
    ["a day for a turn", turns("wall_seconds", 86_400), true],
    ["a second more", turns("wall_seconds", 86_401), false],
    ["no time for a turn", turns("wall_seconds", 0), false],
    ["no history", turns("history_turns", 0), true],
    ["200 turns of history", turns("history_turns", 200), true],
    ["201 turns of history", turns("history_turns", 201), false],
    ["an answer of 16 tokens", turns("answer_tokens", 16), true],
    ["an answer of 15 tokens", turns("answer_tokens", 15), false],
    ["a prompt of 4000 characters", turns("prompt", "я".repeat(4_000)), true],
    ["a prompt of 4001 characters", turns("prompt", "я".repeat(4_001)), false],
    ["a host for links", { exit: { links: ["docs.example.com"] } }, true],
    ["as many hosts as may be", { exit: { links: hosts(256) } }, true],
    ["a host too many", { exit: { links: hosts(257) } }, false],
    ["an address in place of a host", { exit: { links: ["https://docs.example.com"] } }, false],
    ["words to hide and to keep", { exit: { hide: ["81.200.17.94"], keep: ["atlas"] } }, true],
    ["a word to hide of four characters", { exit: { hide: ["abcd"] } }, true],
    ["a word to hide that is too short", { exit: { hide: ["abc"] } }, false],
    ["as long a word as may be", { exit: { keep: ["x".repeat(200)] } }, true],
    ["a word that is too long", { exit: { keep: ["x".repeat(201)] } }, false],
    ["as many words as may be", { exit: { hide: hosts(256) } }, true],
    ["a word too many", { exit: { hide: hosts(257) } }, false],
    ["every host", { exit: { links: ["*"] } }, false],
    ["half a day of retention", { retention: { message_days: 0.5 } }, false],
    ["a day of retention", { retention: { message_days: 1, event_days: 1, trace_days: 1 } }, true],
  ];
  for (const [name, value, accepted] of cases)
    it(`${accepted ? "accepts" : "refuses"} ${name}`, () =>
      assert.equal(NodeConfig.safeParse(value).success, accepted));

  it("refuses an address with a password without repeating it", () => {
    const parsed = NodeConfig.safeParse(ofBackend({ url: "http://anna:geheim@host" }));
    assert.match(parsed.error?.issues[0]?.message ?? "", /api_key_file/);
    assert.doesNotMatch(JSON.stringify(parsed.error), /geheim/);
  });
});

function hosts(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `h${n}.example`);
}

describe("the layout of the bot", () => {
  const relay = { address: "10.77.0.1:7443", link_key_file: "/link.key" };
  const cases: readonly [name: string, config: object, refused: readonly string[]][] = [
    ["bot", { telegram: { via: "bot" }, relay }, []],
    ["blind", { telegram: { via: "blind", token_file: "/t" }, relay }, []],
    ["direct", { telegram: { token_file: "/t" } }, []],
    [
      "bot with a token here",
      { telegram: { via: "bot", token_file: "/t" }, relay },
      ["telegram.token_file"],
    ],
    ["bot without a relay", { telegram: { via: "bot" } }, ["telegram.via"]],
    [
      "bot without a key",
      { telegram: { via: "bot" }, relay: { address: relay.address } },
      ["relay.link_key_file"],
    ],
    ["direct without a token", { telegram: {} }, ["telegram.token_file"]],
    [
      "blind without either",
      { telegram: { via: "blind" } },
      ["telegram.token_file", "telegram.via"],
    ],
  ];
  for (const [name, config, refused] of cases)
    it(`${refused.length === 0 ? "takes" : "refuses"} ${name}`, () => {
      const paths = NodeConfig.safeParse(config).error?.issues.map(({ path }) => path.join("."));
      assert.deepEqual(paths ?? [], refused);
    });
});
