import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";

// The script runs from a copy beside a false npx, which "installs" a false Node that prints how it was called.
const repository = join(import.meta.dirname, "..");
const conditionTimeoutMs = 30_000;

const falseNpx = `#!/bin/sh
echo "$PWD|$HOME|\${NODE_ENV-}|$*" >>"$FALSE_LOG"
while [ -e "$FALSE_HOLD" ]; do sleep 0.02; done
[ ! -e "$FALSE_REFUSAL" ] || { echo "the registry is away"; exit 1; }
mkdir -p node_modules/node/bin node_modules/.bin
cp "$FALSE_NODE" node_modules/node/bin/node
`;
const falseNode = `#!/bin/sh
echo "cwd=$PWD"
echo "umask=$(umask)"
echo "path=$PATH"
for argument; do echo "argument=$argument"; done
`;

let place: string;
let root: string;

function writeScript(path: string, text: string): void {
  fs.writeFileSync(path, text, { mode: 0o755 });
}

beforeEach(() => {
  place = fs.mkdtempSync(join(tmpdir(), "adyton script "));
  root = join(place, "мой узел");
  for (const folder of [root, join(place, "bin"), join(place, "home")]) fs.mkdirSync(folder);
  fs.copyFileSync(join(repository, "adyton"), join(root, "adyton"));
  fs.writeFileSync(join(root, "pnpm-lock.yaml"), "lock: 1\n");
  writeScript(join(place, "bin", "npx"), falseNpx);
  writeScript(join(place, "false-node"), falseNode);
});
afterEach(() => {
  fs.chmodSync(join(place, "home"), 0o700);
  fs.rmSync(place, { recursive: true, force: true });
});

interface Run {
  readonly shell?: string;
  readonly script?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

function start(args: readonly string[], run: Run = {}) {
  const script = run.script ?? join(root, "adyton");
  const [command, first] = run.shell === undefined ? [script, []] : [run.shell, [script]];
  const child = spawn(command, [...first, ...args], {
    cwd: run.cwd ?? place,
    env: {
      PATH: [join(place, "bin"), process.env["PATH"]].join(delimiter),
      HOME: join(place, "home"),
      FALSE_LOG: join(place, "npx.log"),
      FALSE_HOLD: join(place, "hold"),
      FALSE_REFUSAL: join(place, "refusal"),
      FALSE_NODE: join(place, "false-node"),
      ...run.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<{ status: number | null; out: string; errors: string }>((resolve) =>
    child.once("close", (status) => resolve({ status, out, errors })),
  );
  return { child, ended, errorsSoFar: () => errors };
}

const run = (args: readonly string[], options: Run = {}) => start(args, options).ended;
const at = (...parts: string[]) => join(root, ...parts);
const installations = () =>
  fs.existsSync(join(place, "npx.log"))
    ? fs.readFileSync(join(place, "npx.log"), "utf8").trimEnd().split("\n")
    : [];

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + conditionTimeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) assert.fail(`waited in vain: ${what}`);
    await delay(10);
  }
}

function lockOwner(): string | undefined {
  try {
    return fs.readlinkSync(at(".cache", "install.lock"));
  } catch {
    return undefined;
  }
}

describe("a start", () => {
  it("installs once, then starts without the installer", async () => {
    const first = await run(["say", "два слова", ""]);
    assert.equal(first.status, 0, first.errors);
    assert.match(first.errors, /^adyton: installing Node/);
    assert.match(first.out, /main\.ts\nargument=say\nargument=два слова\nargument=\n$/);
    const second = await run(["say"]);
    assert.deepEqual({ status: second.status, errors: second.errors }, { status: 0, errors: "" });
    assert.equal(installations().length, 1);
    assert.match(installations()[0] ?? "", /pnpm@[\d.]+ install --frozen-lockfile/);
    assert.equal(lockOwner(), undefined);
  });

  it("keeps the caller's directory and umask for `node FILE`, and puts the tools on PATH", async () => {
    await run([]);
    const { out } = await run(["node", "a file.ts", "--flag"], { shell: "sh" });
    assert.match(out, new RegExp(`^cwd=${place}$`, "m"));
    assert.ok(out.includes(`path=${at("node_modules", ".bin")}${delimiter}`), out);
    assert.match(out, /argument=a file\.ts\nargument=--flag\n$/);
    assert.doesNotMatch(out, /main\.ts/);
  });

  it("lets nobody else read what the node writes", async () => {
    assert.match((await run([])).out, /^umask=0?077$/m);
  });

  it("is found through a chain of links, absolute and relative, and by a relative path", async () => {
    await run([]);
    fs.symlinkSync(join("мой узел", "adyton"), join(place, "relative"));
    fs.symlinkSync(join(place, "relative"), join(place, "bin", "adyton"));
    const scripts = [join(place, "bin", "adyton"), "./relative", "./мой узел/adyton"];
    for (const script of scripts) {
      const { status, out, errors } = await run(["x"], { script });
      assert.equal(status, 0, errors);
      assert.match(out, /packages\/cli\/src\/main\.ts\nargument=x\n$/);
    }
    const inside = await run(["x"], { script: "adyton", shell: "sh", cwd: root });
    assert.ok(inside.out.includes(`argument=${at("packages/cli/src/main.ts")}\n`), inside.out);
    assert.equal(installations().length, 1);
  });

  for (const shell of ["dash", "bash", "busybox", "ksh", "zsh"]) {
    const path = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, shell));
    const skip = path.some((file) => fs.existsSync(file)) ? false : `${shell} is not installed`;
    it(`works under ${shell}`, { skip }, async () => {
      let command = shell;
      if (shell === "busybox") {
        command = join(place, "bin", "busybox-sh");
        writeScript(command, '#!/bin/sh\nexec busybox sh "$@"\n');
      }
      for (const _ of ["cold", "warm"])
        assert.match((await run(["x"], { shell: command })).out, /argument=x\n$/);
      assert.equal(installations().length, 1);
    });
  }
});

describe("the lockfile", () => {
  const old = new Date("2020-01-01T00:00:00Z");
  const cases: [name: string, text: string, time: Date, count: number][] = [
    ["changed", "lock: 2\n", new Date(), 2],
    ["replaced by an older, different one", "lock: 0\n", old, 2],
    ["touched but the same", "lock: 1\n", old, 1],
  ];
  for (const [name, text, time, count] of cases)
    it(`${name}: ${count === 1 ? "no new installation" : "a new installation"}`, async () => {
      await run([]);
      fs.writeFileSync(at("pnpm-lock.yaml"), text);
      fs.utimesSync(at("pnpm-lock.yaml"), time, time);
      for (const _ of ["first", "second"]) assert.equal((await run([])).status, 0);
      assert.equal(installations().length, count);
    });
});

describe("an installation", () => {
  it("says in one sentence that npm is missing", async () => {
    const names = ["sh", "mkdir", "readlink", "ln", "rm", "cp", "mv", "sleep"];
    const bare = join(place, "bare");
    fs.mkdirSync(bare);
    for (const name of names) {
      const found = (process.env["PATH"] ?? "").split(delimiter).map((dir) => join(dir, name));
      fs.symlinkSync(found.find((file) => fs.existsSync(file)) ?? name, join(bare, name));
    }
    const { status, out, errors } = await run([], { env: { PATH: bare } });
    assert.equal(status, 69);
    assert.equal(out, "");
    assert.match(errors, /^adyton: npm is missing: install Node\.js .*\n$/);
    assert.equal(lockOwner(), undefined);
  });

  it("that fails shows why, and the next start tries again", async () => {
    fs.writeFileSync(join(place, "refusal"), "");
    const failed = await run([]);
    assert.equal(failed.status, 69);
    assert.match(failed.errors, /the registry is away\nadyton: the installation failed; /);
    fs.rmSync(join(place, "refusal"));
    assert.equal((await run([])).status, 0);
    assert.equal(installations().length, 2);
  });

  it("happens once for two starts at the same time", async () => {
    fs.writeFileSync(join(place, "hold"), "");
    const both = [start(["one"]), start(["two"])];
    await until("an installation began", () => installations().length === 1);
    fs.rmSync(join(place, "hold"));
    const [one, two] = await Promise.all(both.map((each) => each.ended));
    assert.match(one?.out ?? "", /argument=one\n$/);
    assert.match(two?.out ?? "", /argument=two\n$/);
    assert.equal(installations().length, 1);
  });

  it("takes over the lock of an owner who is gone", async () => {
    const gone = start(["node"], { shell: "true" });
    await gone.ended;
    fs.mkdirSync(at(".cache"));
    fs.symlinkSync(String(gone.child.pid), at(".cache", "install.lock"));
    assert.equal((await run([])).status, 0);
    assert.equal(lockOwner(), undefined);
  });

  it("takes over the lock of an owner who ended and was never waited for", async (t) => {
    if (!fs.existsSync("/proc/self/status")) return t.skip("there is no /proc");
    // The inner process ends once the shell has become another program, which never waits for it: it stays a zombie.
    const parent = spawn("sh", ["-c", "sleep 0.3 & echo $!; exec sleep 30"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      const [chunk] = (await once(parent.stdout, "data")) as [Buffer];
      const zombie = chunk.toString().trim();
      const state = () => fs.readFileSync(`/proc/${zombie}/status`, "utf8");
      await until("the inner process ended", () => /^State:\s*Z/m.test(state()));
      fs.mkdirSync(at(".cache"));
      fs.symlinkSync(zombie, at(".cache", "install.lock"));
      assert.equal((await run([])).status, 0);
    } finally {
      parent.kill("SIGKILL");
    }
  });

  it("waits for a living owner no longer than the limit, and names the lock", async () => {
    const text = fs.readFileSync(at("adyton"), "utf8");
    const short = text.replace(/^lockWaitSecondsMax=\d+$/m, "lockWaitSecondsMax=0");
    assert.notEqual(short, text);
    writeScript(at("adyton"), short);
    fs.mkdirSync(at(".cache"));
    fs.symlinkSync(String(process.pid), at(".cache", "install.lock"));
    const { status, errors } = await run([]);
    assert.equal(status, 75);
    assert.match(errors, new RegExp(`process ${process.pid} has been installing .*install\\.lock`));
  });

  it("that is interrupted ends its installer, and the next start begins from nothing", async () => {
    fs.writeFileSync(join(place, "hold"), "");
    const first = start([]);
    await until("the installation began", () => installations().length === 1);
    first.child.kill("SIGTERM");
    // The false npx holds the error pipe open only while it runs.
    assert.equal((await first.ended).status, 143);
    assert.equal(lockOwner(), undefined);
    fs.rmSync(join(place, "hold"));
    fs.writeFileSync(at("node_modules", "half-written"), "");
    const second = await run(["x"]);
    assert.match(second.errors, /^adyton: the last installation was interrupted/);
    assert.match(second.out, /argument=x\n$/);
    assert.equal(fs.existsSync(at("node_modules", "half-written")), false);
  });

  it("is repaired when Node has vanished from it", async () => {
    await run([]);
    fs.rmSync(at("node_modules", "node"), { recursive: true });
    assert.match((await run(["x"])).out, /argument=x\n$/);
    assert.equal(installations().length, 2);
  });

  it("needs no HOME, and is the same in production", async () => {
    const lent = at(".cache", "home");
    const file = join(place, "file");
    fs.writeFileSync(file, "");
    for (const HOME of [undefined, "", file, join(place, "absent")]) {
      fs.rmSync(at("node_modules"), { recursive: true, force: true });
      const { status, errors } = await run([], { env: { HOME, NODE_ENV: "production" } });
      assert.equal(status, 0, errors);
      assert.ok(installations().at(-1)?.startsWith(`${root}|${lent}|development|`), String(HOME));
      assert.equal(fs.existsSync(lent), false, "it is taken back");
    }
    fs.rmSync(at("node_modules"), { recursive: true });
    await run([]);
    assert.ok(
      installations()
        .at(-1)
        ?.startsWith(`${root}|${join(place, "home")}|`),
    );
  });

  const skip = process.getuid?.() === 0 ? "root may write everywhere" : false;
  it("lends a HOME where the given one is read-only", { skip }, async () => {
    fs.chmodSync(join(place, "home"), 0o500);
    await run([]);
    assert.ok(
      installations()
        .at(-1)
        ?.startsWith(`${root}|${at(".cache", "home")}|`),
    );
  });
});
