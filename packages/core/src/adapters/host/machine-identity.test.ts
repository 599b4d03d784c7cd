import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, release, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { machineIdentity } from "./machine-identity.ts";

const files: Readonly<Record<string, string>> = {
  "proc/cpuinfo": "processor\t: 0\nmodel name\t: AMD Ryzen 9 7950X 16-Core Processor\n".repeat(2),
  "proc/self/mounts":
    "/dev/sda1 / ext4 rw 0 0\nproc /proc proc rw 0 0\n/dev/sdb1 /mnt/my\\040models ext4 rw 0 0\n",
  "proc/driver/nvidia/version":
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12\nGCC version: 13.2.0\n",
  "proc/driver/nvidia/gpus/0000:01:00.0/information":
    "Model: \t\t NVIDIA GeForce RTX 4090\nGPU UUID: \t GPU-5d1c8f8a\n",
  "sys/class/drm/card0/device/product_name": "Radeon RX 7900\n",
  "sys/class/dmi/id/product_name": "To Be Filled By O.E.M.\n",
  "sys/class/dmi/id/board_name": "B650E-F\n",
  "etc/hostname": "tundra-9\n",
  "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
  "etc/passwd":
    "root:x:0:0:root:/root:/bin/sh\nannika:x:1000:1000::/home/annika:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n",
};

describe("what tells a machine from others", () => {
  it("is read from its system and files", async () => {
    const root = mkdtempSync(join(tmpdir(), "adyton-machine-"));
    try {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), text);
      }
      const found = await machineIdentity(root);
      assert.ok(found.hosts.includes("tundra-9"));
      assert.ok(found.users.includes("annika") && !found.users.includes("nobody"));
      assert.ok(found.paths.includes("/home/annika") && found.paths.includes("/mnt/my models"));
      assert.ok(!found.paths.includes("/proc"));
      assert.deepEqual(found.hardware.toSorted(), [
        "AMD Ryzen 9 7950X 16-Core Processor",
        "B650E-F",
        "NVIDIA GeForce RTX 4090",
        "Radeon RX 7900",
      ]);
      for (const known of [release(), "535.183.01", "GPU-5d1c8f8a"])
        assert.ok(found.systems.includes(known), known);
      for (const { address } of Object.values(networkInterfaces()).flatMap((each) => each ?? []))
        assert.ok(found.addresses.includes(address));
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it("is little where there are no such files, and no failure", async () => {
    const { hardware } = await machineIdentity("/nowhere");
    assert.deepEqual(hardware, []);
  });
});
