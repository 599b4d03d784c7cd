/** Where a proxy listens, and what it speaks. */
export interface ProxyAddress {
  readonly kind: "socks5" | "http";
  readonly host: string;
  readonly port: number;
}

const kinds: Readonly<Record<string, ProxyAddress["kind"]>> = {
  "socks5:": "socks5",
  // Elsewhere this says that the proxy finds the server's address. Here it always does.
  "socks5h:": "socks5",
  "http:": "http",
};

/** Takes a proxy's address apart. Throws `TypeError` that says what is wrong, without the text: it may hold a password. */
export function parseProxy(text: string): ProxyAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const kind = kinds[url?.protocol ?? ""];
  if (url === undefined || kind === undefined || url.hostname === "")
    throw new TypeError(
      "must be a proxy's address, such as socks5://192.0.2.1:1080 or http://192.0.2.1:3128",
    );
  if (url.username !== "" || url.password !== "")
    throw new TypeError(
      "must not hold a user or a password: write them as user:password into a file, and name it in proxy_login_file",
    );
  if (!/^\/?$/u.test(url.pathname) || url.search !== "" || url.hash !== "")
    throw new TypeError("must end with the port");
  // A web address without a port means 80.
  const port = url.port === "" && kind === "http" ? 80 : Number(url.port);
  if (port === 0) throw new TypeError("must have a port");
  return { kind, host: url.hostname.replaceAll(/^\[|\]$/gu, ""), port };
}
