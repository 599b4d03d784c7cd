import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isIn, parseRange, parseTarget, privateAddresses, TargetError } from "./target.ts";

describe("a target", () => {
  it("is a port and a host, 443 unless said otherwise", () => {
    const host = "api.telegram.org";
    assert.deepEqual(parseTarget("8443=API.telegram.org"), { listenPort: 8443, host, port: 443 });
    assert.deepEqual(parseTarget("1=api.telegram.org:8443"), { listenPort: 1, host, port: 8443 });
    assert.equal(parseTarget("1=localhost:8443").host, "localhost");
  });

  const refused = [
    "api.telegram.org",
    "8443=",
    "8443=127.0.0.1",
    "8443=intranet",
    "8443=-a.org",
    "65536=a.org",
    "1=a.org:0",
    "1=a.org:65536",
    "1=user@a.org",
    "1=a.org/path",
  ];
  for (const text of refused)
    it(`is refused as ${text}`, () => assert.throws(() => parseTarget(text), TargetError));
});

describe("a range", () => {
  it("holds what lies in it", () => {
    const range = parseRange("149.154.160.0/20");
    assert.ok(isIn(range, "149.154.175.255"));
    assert.ok(!isIn(range, "149.154.176.0"));
    assert.ok(isIn(parseRange("2001:67c:4e8::/48"), "2001:67c:4e8:f004::9"));
  });
  for (const text of ["149.154.160.0", "149.154.160.0/33", "x/8", "::/129"])
    it(`is refused as ${text}`, () => assert.throws(() => parseRange(text), TargetError));
});

describe("private addresses", () => {
  const list = privateAddresses();
  const cases: readonly [address: string, isPrivate: boolean][] = [
    ["127.0.0.1", true],
    ["10.77.0.1", true],
    ["172.31.255.255", true],
    ["172.32.0.0", false],
    ["192.168.1.1", true],
    ["169.254.169.254", true],
    ["100.64.0.1", true],
    ["149.154.167.220", false],
    ["::1", true],
    ["fd00::1", true],
    ["fe80::1", true],
    ["::ffff:10.0.0.1", true],
    ["2001:67c:4e8:f004::9", false],
  ];
  for (const [address, isPrivate] of cases)
    it(`${isPrivate ? "include" : "leave out"} ${address}`, () =>
      assert.equal(isIn(list, address), isPrivate));
});
