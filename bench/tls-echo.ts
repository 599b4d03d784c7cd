import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "node:tls";

// A server behind TLS that answers each message with itself, in a process of its own. Its certificate, for
// relay.example.org, lies in the folder named by the first argument.

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
const { promise: listening, resolve } = Promise.withResolvers<number>();
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") resolve(address.port);
});
process.on("message", () => void listening.then((port) => process.send?.({ port })));
process.on("disconnect", () => process.exit(0));
