import { CodedError } from "@adyton/runtime/coded-error";

export class BackendError extends CodedError<"address_invalid" | "option_invalid"> {}

/** `sun_path` of unix(7) holds 108 bytes with the final zero; macOS has 104. */
const socketPathBytesMax = process.platform === "darwin" ? 103 : 107;

export interface Address {
  readonly isSecure: boolean;
  /** Without brackets, as `node:http` wants it. */
  readonly hostname: string;
  readonly port: number;
  /** `host:port` for the Host header. */
  readonly host: string;
  /** What comes before `/v1`: empty or with a leading slash. */
  readonly basePath: string;
  /** The path of a unix socket, in place of host and port. */
  readonly socketPath?: string;
  /** For the owner: `http://127.0.0.1:11434`. */
  readonly text: string;
}

/**
 * Reads a server's address with or without a scheme (`http`), a trailing slash, `/v1`, or the chat route itself; or the
 * path of a unix socket, as `unix:/run/model.sock`. Throws `BackendError` for another scheme, for credentials (a key belongs into its file), a query or a fragment.
 */
export function parseAddress(url: string): Address {
  const written = url.trim();
  if (/^unix:/i.test(written)) return socketAddress(written.slice("unix:".length));
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`;
  if (!URL.canParse(withScheme)) throw invalid("is not an address");
  const parsed = new URL(withScheme);
  const isSecure = parsed.protocol === "https:";
  if (!isSecure && parsed.protocol !== "http:")
    throw invalid("must begin with http:// or https://");
  if (parsed.username !== "" || parsed.password !== "")
    throw invalid("must not hold a key or password; use api_key_file");
  if (parsed.search !== "" || parsed.hash !== "")
    throw invalid("must not have a query or fragment");
  const basePath = parsed.pathname
    .replace(/\/+$/, "")
    .replace(/\/v1(\/chat\/completions|\/models)?$/, "")
    .replace(/\/+$/, "");
  return {
    isSecure,
    hostname: parsed.hostname.replace(/^\[|\]$/g, ""),
    port: parsed.port === "" ? (isSecure ? 443 : 80) : Number(parsed.port),
    host: parsed.host,
    basePath,
    text: `${parsed.protocol}//${parsed.host}${basePath}`,
  };
}

function socketAddress(path: string): Address {
  // `unix:///run/model.sock` means the same.
  const socketPath = path.replace(/^\/+/, "/");
  if (!/^\/[^\0]/.test(socketPath))
    throw invalid("must name the whole path of a socket after unix:");
  if (Buffer.byteLength(socketPath) > socketPathBytesMax)
    throw invalid(`has more than the ${socketPathBytesMax} bytes that a socket's path can have`);
  return {
    isSecure: false,
    hostname: "localhost",
    port: 80,
    host: "localhost",
    basePath: "",
    socketPath,
    text: `unix:${socketPath}`,
  };
}

function invalid(what: string): BackendError {
  return new BackendError("address_invalid", `the model server's url ${what}`);
}
