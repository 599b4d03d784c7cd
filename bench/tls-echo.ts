import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import type { Server } from "node:net";
import { join } from "node:path";
import { createServer } from "node:tls";

// Two servers behind TLS that answer each message with itself, one of bare TLS and one of HTTPS, in a process of their
// own. Their certificate, for relay.example.org, lies in the folder named by the first argument.

const [folder = "."] = process.argv.slice(2);
const files = { key: join(folder, "key.pem"), cert: join(folder, "cert.pem") };
const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
const subject = ["-subj", "/CN=relay.example.org"];
const out = ["-keyout", files.key, "-out", files.cert];
execFileSync("openssl", ["req", "-x509", ...kind, ...out, ...subject], { stdio: "ignore" });

const options = { key: readFileSync(files.key), cert: readFileSync(files.cert) };
const server = createServer(options, (socket) => {
  socket.on("error", () => socket.destroy()).pipe(socket);
});
const https = createHttpsServer(options, (request, response) => request.pipe(response));
const portOf = async (opened: Server): Promise<number> => {
  opened.listen(0, "127.0.0.1");
  await once(opened, "listening");
  const address = opened.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
};
const ports = Promise.all([portOf(server), portOf(https)]);
process.on("message", () => void ports.then(([port, web]) => process.send?.({ port, web })));
process.on("disconnect", () => process.exit(0));
