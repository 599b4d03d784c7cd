import { execFileSync } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, unlinkSync } from "node:fs";
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

export interface KeptCertificate extends Certificate {
  /** The file that nothing could be done with, where there was one: key and certificate were made anew. */
  readonly unusable?: string;
}

/**
 * The certificate made before, while it is good for another day; else, or where a file of it is damaged, a new one. Throws
 * as `makeCertificate` does, and EmulatorError `file_in_the_way`.
 */
export function keptCertificate(
  folder: string,
  name: string,
  host: string,
  nowMs = Date.now(),
): KeptCertificate {
  const { key: keyFile, file } = filesOf(folder, name);
  const cert = readable(file, (text) => new X509Certificate(text));
  const key = readable(keyFile, createPrivateKey);
  const areBoth = cert !== undefined && key !== undefined;
  const isPair = areBoth && cert.value.checkPrivateKey(key.value);
  if (isPair && cert.value.validToDate.getTime() - nowMs >= leftMsMin)
    return { key: key.text, cert: cert.text, file };
  // openssl writes into what is there, and fails where that is closed to writing or a link that leads nowhere.
  const hadCert = removed(file);
  const hadKey = removed(keyFile);
  const made = makeCertificate(folder, name, host);
  if (cert === undefined && hadCert) return { ...made, unusable: file };
  if (areBoth ? !isPair : key === undefined && hadKey) return { ...made, unusable: keyFile };
  return made;
}

/** A file and what it means; `undefined` when it cannot be read or means nothing, however that comes about. */
function readable<T>(file: string, parse: (text: string) => T) {
  try {
    const text = readFileSync(file, "utf8");
    return { text, value: parse(text) };
  } catch {
    return undefined;
  }
}

/** Removes a file, and says whether it was there. */
function removed(file: string): boolean {
  try {
    unlinkSync(file);
    return true;
  } catch (cause) {
    if (Reflect.get(Object(cause), "code") === "ENOENT") return false;
    const words = "can be neither used nor replaced: remove it, and a new one is made";
    throw new EmulatorError("file_in_the_way", `${file} ${words}`, { cause });
  }
}

function filesOf(folder: string, name: string): { readonly key: string; readonly file: string } {
  return { key: join(folder, `${name}.key`), file: join(folder, `${name}.pem`) };
}
