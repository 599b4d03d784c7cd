import { Agent as HttpAgent, type AgentOptions, type ClientRequestArgs } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { connect, type LookupFunction, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { CodedError } from "@adyton/runtime/coded-error";
import type { ProxyAddress } from "./proxy-address.ts";

// A way through somebody's proxy: SOCKS5 (RFC 1928, with user and password by RFC 1929) or HTTP's CONNECT (RFC 9110
// §9.3.6). The proxy is told the server's name and finds its address; TLS runs through it from end to end.

export interface Proxy extends ProxyAddress {
  /** `user:password`, read anew for each connection; `undefined` where nobody logs in. Throws when it cannot be read. */
  readonly readLogin: () => { reveal(): string } | undefined;
}

export type ProxyCode = "PROXY_UNREACHABLE" | "PROXY_LOGIN" | "PROXY_REFUSED" | "PROXY_STRANGE";

/** A proxy did not make a connection. The message holds no address and no password. */
export class ProxyError extends CodedError<ProxyCode> {}

/** A proxy that takes longer to make a connection does not make any. */
const connectMsMax = 10_000;
const headBytesMax = 16 * 1024;
/** What SOCKS5 has one byte for. */
const fieldBytesMax = 255;

interface Target {
  readonly host: string;
  readonly port: number;
}

/** Agents whose connections all go through a proxy. */
export function proxyAgents(
  proxy: Proxy,
  options: AgentOptions & { readonly lookup: LookupFunction },
): { readonly http: HttpAgent; readonly https: HttpsAgent } {
  const reach = ({ host, port }: ClientRequestArgs): Promise<Socket> =>
    connectThrough(proxy, { host: host ?? "", port: Number(port) }, options.lookup);
  type Done = (error: Error | null, socket: Duplex) => void;
  const hand = async (made: Promise<Duplex>, done: Done | undefined): Promise<void> => {
    let socket: Duplex;
    try {
      socket = await made;
    } catch (error) {
      // With an error there is no socket, whatever the type says.
      if (done !== undefined) Reflect.apply(done, undefined, [error]);
      return;
    }
    done?.(null, socket);
  };
  class PlainAgent extends HttpAgent {
    override createConnection(target: ClientRequestArgs, done?: Done): undefined {
      void hand(reach(target), done);
      return undefined;
    }
  }
  class TlsAgent extends HttpsAgent {
    override createConnection(target: ClientRequestArgs, done?: Done): undefined {
      const servername = target.host ?? "";
      const secured = async () => connectTls({ socket: await reach(target), servername });
      void hand(secured(), done);
      return undefined;
    }
  }
  return { http: new PlainAgent(options), https: new TlsAgent(options) };
}

/** Has the proxy connect to a server. Rejects with `ProxyError`. */
export async function connectThrough(
  proxy: Proxy,
  target: Target,
  lookup: LookupFunction,
): Promise<Socket> {
  const { host, port } = proxy;
  const socket = connect({ host, port, lookup, autoSelectFamily: false, noDelay: true });
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const fail = (): void =>
    reject(new ProxyError("PROXY_UNREACHABLE", "the proxy cannot be reached, or says nothing"));
  const timer = setTimeout(fail, connectMsMax);
  socket.once("error", fail).once("close", fail);
  try {
    await Promise.race([
      proxy.kind === "socks5" ? socks5(socket, proxy, target) : tunnel(socket, proxy, target),
      ended,
    ]);
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    socket.off("error", fail).off("close", fail);
  }
  return socket;
}

async function socks5(socket: Socket, proxy: Proxy, { host, port }: Target): Promise<void> {
  const login = loginOf(proxy);
  socket.write(login === undefined ? Uint8Array.of(5, 1, 0) : Uint8Array.of(5, 2, 0, 2));
  const [version, method] = await take(socket, 2);
  if (version !== 5) throw strange();
  if (method === 2 && login !== undefined) await logIn(socket, login.reveal());
  else if (method !== 0) throw refusedLogin();
  const name = field(host);
  const head = Buffer.concat([Buffer.of(5, 1, 0, 3), name, Buffer.of(port >> 8, port & 255)]);
  socket.write(head);
  const [, reply, , kind] = await take(socket, 4);
  if (reply !== 0) throw refusedTarget();
  const [lengthOfName = 0] = kind === 3 ? await take(socket, 1) : [];
  const lengths: Readonly<Record<number, number>> = { 1: 4, 3: lengthOfName, 4: 16 };
  const addressBytes = lengths[kind ?? 0];
  if (addressBytes === undefined) throw strange();
  await take(socket, addressBytes + 2);
}

function loginOf({ readLogin }: Proxy): ReturnType<Proxy["readLogin"]> {
  try {
    return readLogin();
  } catch (cause) {
    throw new ProxyError(
      "PROXY_LOGIN",
      "the file with the proxy's user and password cannot be read",
      {
        cause,
      },
    );
  }
}

async function logIn(socket: Socket, login: string): Promise<void> {
  const at = login.indexOf(":");
  const user = at === -1 ? login : login.slice(0, at);
  const password = at === -1 ? "" : login.slice(at + 1);
  socket.write(Buffer.concat([Buffer.of(1), field(user), field(password)]));
  const [, status] = await take(socket, 2);
  if (status !== 0) throw refusedLogin();
}

function field(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > fieldBytesMax) throw refusedLogin();
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

async function tunnel(socket: Socket, proxy: Proxy, { host, port }: Target): Promise<void> {
  const login = loginOf(proxy);
  const authority = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const credentials =
    login === undefined
      ? ""
      : `Proxy-Authorization: Basic ${Buffer.from(login.reveal()).toString("base64")}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credentials}\r\n`);
  let head = "";
  // Byte by byte, because what comes behind the head is the server's already. The bytes are in memory.
  while (!head.endsWith("\r\n\r\n")) {
    if (head.length >= headBytesMax) throw strange();
    const [byte = 0] = await take(socket, 1);
    head += String.fromCharCode(byte);
  }
  const status = Number(/^HTTP\/1\.[01] (\d{3})/u.exec(head)?.[1]);
  if (Number.isNaN(status)) throw strange();
  // Some answer a wrong password as a server would.
  if (status === 407 || status === 401) throw refusedLogin();
  if (status < 200 || status > 299) throw refusedTarget();
}

/** Exactly so many bytes; waits for as long as the connection is there. */
async function take(socket: Socket, bytes: number): Promise<Buffer> {
  for (;;) {
    const chunk: unknown = socket.read(bytes);
    if (Buffer.isBuffer(chunk) && chunk.length === bytes) return chunk;
    if (socket.readableEnded || socket.destroyed) throw strange();
    await new Promise<void>((resolve) => {
      const go = (): void => {
        socket.off("readable", go).off("end", go).off("close", go);
        resolve();
      };
      socket.once("readable", go).once("end", go).once("close", go);
    });
  }
}

const strange = (): ProxyError =>
  new ProxyError("PROXY_STRANGE", "what answers there is not a proxy of this kind");
const refusedLogin = (): ProxyError =>
  new ProxyError("PROXY_LOGIN", "the proxy does not take this user and password");
const refusedTarget = (): ProxyError =>
  new ProxyError("PROXY_REFUSED", "the proxy does not connect to the messenger");
