import type { RareLog } from "./rare-log.ts";

// What the owner of the relay's machine is told of calls that come to nothing: what is wrong, and where to look. The node
// shows a code, and may be where nobody looks. Nothing of the call, of the answer or of an error's words is in it.

const lines = {
  FOREIGN_ADDRESS: "the server's addresses lie outside --range: look at both",
  NO_ADDRESS: "the server's name has no address: look at this machine's resolver",
  NOT_ALLOWED: "the node asks for what this relay does not do: run both in one version",
  TOKEN: "the server does not know the bot's token: write the right one into --token-file",
  CERTIFICATE:
    "the server's certificate is not valid: look at this machine's clock, and at who answers",
  UNREACHABLE: "the server is out of reach: look at this machine's network and firewall",
} as const;

type Fault = keyof typeof lines;

const unreachable = /^(?:ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
const certificate = /CERT|^(?:ERR_TLS_\w+|ERR_SSL_\w+|EPROTO|UNABLE_TO_\w+)$/;
/** A token that is none of this server's, and one that has not the form of any. */
const strangeToken: ReadonlySet<number | undefined> = new Set([401, 404]);

export class CallFaults {
  readonly #log: Pick<RareLog, "say">;

  constructor(log: Pick<RareLog, "say">) {
    this.#log = log;
  }

  /** A call could not be made. */
  failed(error: unknown): void {
    const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
    this.#tell(typeof code === "string" ? faultOf(code) : undefined);
  }

  /** The server has answered. A file that is gone says nothing of the token. */
  answered({ kind }: { readonly kind: "method" | "file" }, status: number | undefined): void {
    this.#tell(kind === "method" && strangeToken.has(status) ? "TOKEN" : undefined);
  }

  /** The relay does not make such calls. */
  refused(): void {
    this.#tell("NOT_ALLOWED");
  }

  #tell(fault: Fault | undefined): void {
    if (fault !== undefined) this.#log.say(`calls fail (${fault}): ${lines[fault]}`);
  }
}

function faultOf(code: string): Fault | undefined {
  if (code === "FOREIGN_ADDRESS" || code === "NO_ADDRESS") return code;
  if (certificate.test(code)) return "CERTIFICATE";
  return unreachable.test(code) ? "UNREACHABLE" : undefined;
}
