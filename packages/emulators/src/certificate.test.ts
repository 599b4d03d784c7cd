import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { keptCertificate, makeCertificate } from "./certificate.ts";
import { EmulatorError } from "./emulator-error.ts";

const folder = mkdtempSync(join(tmpdir(), "adyton сертификат "));
after(() => rmSync(folder, { recursive: true }));
const dayMs = 86_400_000;

it("vouches for its host alone", () => {
  const { cert } = makeCertificate(folder, "own", "localhost");
  const read = new X509Certificate(cert);
  assert.equal(read.checkHost("localhost"), "localhost");
  assert.equal(read.checkHost("example.org"), undefined);
  assert.equal(read.ca, false);
});

it("is kept until its last day", () => {
  const first = keptCertificate(folder, "kept", "localhost");
  const endMs = new X509Certificate(first.cert).validToDate.getTime();
  assert.equal(keptCertificate(folder, "kept", "localhost", endMs - dayMs).cert, first.cert);
  assert.notEqual(keptCertificate(folder, "kept", "localhost", endMs - dayMs + 1).cert, first.cert);
});

const halve = (file: string): void => {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.slice(0, text.length / 2));
};
const damages: readonly (readonly [what: string, damage: (own: string, other: string) => void])[] =
  [
    ["an empty file", (own) => writeFileSync(own, "")],
    ["half a file", halve],
    ["other words", (own) => writeFileSync(own, "не то\n")],
    ["the file of another", (own, other) => copyFileSync(other, own)],
  ];
for (const kind of ["key", "pem"])
  for (const [what, damage] of damages)
    it(`is made anew where it has ${what} for its ${kind}, and says which`, () => {
      const name = `damaged ${kind} ${what}`;
      const first = keptCertificate(folder, name, "localhost");
      assert.equal(first.unusable, undefined);
      makeCertificate(folder, "other", "localhost");
      const file = join(folder, `${name}.${kind}`);
      damage(file, join(folder, `other.${kind}`));
      const next = keptCertificate(folder, name, "localhost");
      // Of a key and a certificate that do not belong together, either may be the wrong one.
      const isPair = what === "the file of another";
      assert.equal(next.unusable, isPair ? join(folder, `${name}.key`) : file);
      assert.ok(new X509Certificate(next.cert).checkPrivateKey(createPrivateKey(next.key)));
      assert.notEqual(next.cert, first.cert);
      const { unusable, ...kept } = next;
      assert.deepEqual(keptCertificate(folder, name, "localhost"), kept, `${unusable} is kept`);
    });

for (const [kind, other] of [
  ["pem", "key"],
  ["key", "pem"],
] as const)
  for (const isAlone of [true, false]) {
    const beside = isAlone ? "alone" : `beside a good ${other}`;
    const blocked = (what: string): string => {
      const name = `${what} ${kind} ${beside}`;
      keptCertificate(folder, name, "localhost");
      rmSync(join(folder, `${name}.${kind}`));
      if (isAlone) rmSync(join(folder, `${name}.${other}`));
      return name;
    };

    it(`is made anew where its ${kind}, ${beside}, is a link that leads nowhere, and says so`, () => {
      const name = blocked("lost");
      const file = join(folder, `${name}.${kind}`);
      symlinkSync(join(folder, "none", "none"), file);
      const next = keptCertificate(folder, name, "localhost");
      assert.equal(next.unusable, file);
      assert.ok(new X509Certificate(next.cert).checkPrivateKey(createPrivateKey(next.key)));
    });

    it(`names a folder in the place of its ${kind}, ${beside}`, () => {
      const name = blocked("blocked");
      const file = join(folder, `${name}.${kind}`);
      mkdirSync(file);
      const words = "can be neither used nor replaced: remove it, and a new one is made";
      const inTheWay = (error: unknown): boolean =>
        error instanceof EmulatorError &&
        error.code === "file_in_the_way" &&
        error.message === `${file} ${words}`;
      assert.throws(() => keptCertificate(folder, name, "localhost"), inTheWay);
    });
  }

it("is made anew without a word where one of its files is not there", () => {
  for (const kind of ["key", "pem"]) {
    keptCertificate(folder, "half", "localhost");
    rmSync(join(folder, `half.${kind}`));
    const next = keptCertificate(folder, "half", "localhost");
    assert.equal(next.unusable, undefined);
    assert.ok(new X509Certificate(next.cert).checkPrivateKey(createPrivateKey(next.key)));
  }
});

it("says what is missing where it cannot be made", () => {
  const missing = (error: unknown): boolean =>
    error instanceof EmulatorError && error.code === "no_openssl";
  assert.throws(() => makeCertificate(join(folder, "none"), "own", "localhost"), missing);
});
