// The index in its own thread: stemming and SQLite never hold up the event loop that serves people.
import { parentPort, workerData } from "node:worker_threads";
import { SearchError } from "../../domain/search/search-contract.ts";
import { text } from "./row.ts";
import { SearchIndex } from "./search-index.ts";
import type { SearchReply, SearchRequest } from "./search-requests.ts";

const port = parentPort;
if (port === null) throw new Error("search.worker.ts runs as a worker only");

const options: unknown = workerData;
if (typeof options !== "object" || options === null) throw new Error("the worker needs a file");
const file = text({ ...options }, "file");
let opened: SearchIndex | undefined;
const index = () => (opened ??= new SearchIndex(file));

function run(request: SearchRequest): Extract<SearchReply, { kind: "done" }>["output"] {
  if (request.call === "search") return index().search(request.input);
  if (request.call === "stats") return index().stats();
  if (request.call === "census") return index().census();
  if (request.call === "add") index().add(request.input);
  if (request.call === "remove") index().remove(request.input);
  if (request.call === "unembedded") return index().unembedded(request.input);
  if (request.call === "putVectors") index().putVectors(request.input);
  if (request.call === "compact") index().compact();
  if (request.call === "close") opened?.close();
  return undefined;
}

function answer(request: SearchRequest): SearchReply {
  try {
    return { id: request.id, kind: "done", output: run(request) };
  } catch (error) {
    if (error instanceof SearchError)
      return { id: request.id, kind: "failed", code: error.code, message: error.message };
    // SQLite's messages may quote what was bound; its number says as much and no more.
    const number =
      error instanceof Error && "errcode" in error ? ` (SQLite ${String(error.errcode)})` : "";
    const message = `the search index failed${number}`;
    return { id: request.id, kind: "failed", code: "storage", message };
  }
}

port.on("message", (request: SearchRequest) => {
  port.postMessage(answer(request));
  if (request.call === "close") port.close();
});
