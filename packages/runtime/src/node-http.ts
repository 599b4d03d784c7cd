/**
 * Node's HTTP module without the rest of Node's web platform. An `import` of a built-in module reads each of its
 * exports, and reading `http.WebSocket` loads the whole fetch implementation: 45 ms and 14 MB that nobody uses here.
 */
export const http = process.getBuiltinModule("node:http");
