import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { EmulatorError } from "./emulator-error.ts";

/** A key with a certificate that it signed itself. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  /** The certificate's file, for `NODE_EXTRA_CA_CERTS`. */
  readonly file: string;
}

const daysValid = 365;
const leftMsMin = 86_400_000;

/** Makes a certificate for a host's name, in two files of a folder. Throws EmulatorError `no_openssl`. */
export function makeCertificate(folder: string, name: string, host: string): Certificate {
  const { key, file } = filesOf(folder, name);
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const days = ["-days", String(daysValid)];
  // It vouches for itself alone, so that trusting it trusts no other.
  const uses = ["-addext", `subjectAltName=DNS:${host}`, "-addext", "basicConstraints=CA:FALSE"];
  const out = ["-keyout", key, "-out", file, "-subj", `/CN=${host}`];
  try {
    execFileSync("openssl", ["req", "-x509", ...kind, ...days, ...out, ...uses], {
      stdio: "ignore",
    });
  } catch (cause) {
    const words = "the certificate is made by the program openssl, which failed or is missing";
    throw new EmulatorError("no_openssl", words, { cause });
  }
  return { key: readFileSync(key, "utf8"), cert: readFileSync(file, "utf8"), file };
}

/** The certificate made before, while it is good for another day; else a new one. Throws as `makeCertificate` does. */
export function keptCertificate(
  folder: string,
  name: string,
  host: string,
  nowMs = Date.now(),
): Certificate {
  const { key, file } = filesOf(folder, name);
  if (!existsSync(key) || !existsSync(file)) return makeCertificate(folder, name, host);
  const cert = readFileSync(file, "utf8");
  const endMs = new X509Certificate(cert).validToDate.getTime();
  if (endMs - nowMs < leftMsMin) return makeCertificate(folder, name, host);
  return { key: readFileSync(key, "utf8"), cert, file };
}

function filesOf(folder: string, name: string): { readonly key: string; readonly file: string } {
  return { key: join(folder, `${name}.key`), file: join(folder, `${name}.pem`) };
}
