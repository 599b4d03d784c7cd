import * as z from "zod";
import { CloudEvent, EventsAccepted, JournalEvent, JournalPage, JournalQuery } from "../events.ts";
import {
  ForgetConfirmation,
  ForgetPreview,
  ForgetReceipt,
  ForgetSelection,
} from "../forgetting.ts";
import {
  documentBodyBytesMax,
  envelopeBytesMax,
  eventBatchMax,
  journalPageTextBytesMax,
} from "../limits.ts";
import { ExportLine, ImportReport, ImportRequest } from "../memory-export.ts";
import { Document, DocumentList, DocumentRequest, SearchQuery, SearchResults } from "../memory.ts";
import { Problem } from "../problems.ts";
import { body, json, type Route, storage, token } from "../route.ts";

/** Data in and out: events, the journal, memory. */
export const dataRoutes = [
  {
    id: "postEvents",
    method: "POST",
    path: "/api/v1/events",
    access: token("event"),
    summary: "Hand in events (CloudEvents: structured, binary or batch)",
    description:
      "202 means the events are on disk. The same (source, id) counts once for 7 days. Binary mode: `ce-` headers, the data as body.",
    body: {
      schema: z.union([CloudEvent, z.array(CloudEvent).min(1).max(eventBatchMax)]),
      mediaTypes: [
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
        "application/json",
      ],
      bytesMax: documentBodyBytesMax,
    },
    status: 202,
    response: json(EventsAccepted),
    idempotent: true,
    problems: [...storage],
    examples: [
      {
        name: "a reading",
        body: {
          specversion: "1.0",
          id: "1",
          source: "/sensors/boiler",
          type: "sensor.reading",
          data: { value: 81.5 },
        },
        status: 202,
      },
    ],
  },
  {
    id: "getEvents",
    method: "GET",
    path: "/api/v1/events",
    access: token("read"),
    summary: "The journal: a page, or live as server-sent events",
    description:
      "`Accept: text/event-stream` follows the journal, from `Last-Event-ID` or `after` on; otherwise one page is answered, " +
      `which ends early at ${journalPageTextBytesMax / 1024 ** 2} MiB of text: go on with \`after\`. With \`last\` those are the newest that fit. ` +
      "What belongs to somebody else is shown without its payload, and only to `admin`.",
    query: JournalQuery,
    status: 200,
    response: json(JournalPage),
    stream: "on-request",
    events: {
      message: JournalEvent,
      reset: z
        .strictObject({ last: z.int().nonnegative() })
        .describe("The record asked for does not exist yet; the stream goes on from the last one."),
      problem: Problem,
    },
    idempotent: true,
    problems: ["busy"],
    examples: [{ name: "the newest", parameters: { last: "5" }, status: 200 }],
  },
  {
    id: "addDocument",
    method: "POST",
    path: "/api/v1/memory/documents",
    access: token("memory:write"),
    summary: "Add a document to memory",
    description:
      "A document with the same source and text is not added twice; with a changed text it replaces the former one.",
    body: body(DocumentRequest, documentBodyBytesMax),
    status: 201,
    response: json(Document),
    idempotent: true,
    problems: [...storage],
    examples: [
      {
        name: "a note",
        body: {
          title: "Boiler",
          text: "The boiler was serviced in May by Anna.",
          source: "notes/boiler.md",
        },
        status: 201,
      },
    ],
  },
  {
    id: "listDocuments",
    method: "GET",
    path: "/api/v1/memory/documents",
    access: token("memory:read"),
    summary: "The documents in memory",
    status: 200,
    response: json(DocumentList),
    idempotent: true,
    problems: [],
    examples: [{ name: "all", status: 200 }],
  },
  {
    id: "exportMemory",
    method: "GET",
    path: "/api/v1/memory/export",
    access: token("admin"),
    summary: "Memory as JSON lines, to keep or to carry to another node",
    description:
      "The documents the owner may find, the manual left out, its facts and its blocks: a header, the items, and a manifest " +
      "without which an export is not whole. Each line's hash covers the lines before it.",
    status: 200,
    response: { schema: ExportLine, mediaType: "application/x-ndjson" },
    stream: "lines",
    events: { message: ExportLine, problem: Problem },
    idempotent: true,
    problems: ["busy"],
    examples: [{ name: "all of it", status: 200 }],
  },
  {
    id: "importMemory",
    method: "POST",
    path: "/api/v1/memory/import",
    access: token("admin"),
    summary: "Take over an exported memory",
    description:
      "Lines as the export gave them, in parts as large as a body may be; each part names the line it goes on after. A line " +
      "that was changed, left out or put elsewhere is refused by its number, and nothing of its part is taken. What memory " +
      "has already changes nothing, so an import that broke off may be repeated.",
    body: body(ImportRequest, envelopeBytesMax),
    status: 200,
    response: json(ImportReport),
    idempotent: true,
    problems: [...storage, "conflict"],
    examples: [
      {
        name: "the first line alone",
        body: {
          lines: [
            {
              line: 1,
              hash: "ba717937ab678fa80ecb649a09d35f6e0d6a639c5b6578be4d550d29787966ae",
              item: { kind: "header", format: "adyton-memory", version: 1 },
            },
          ],
        },
        status: 200,
      },
    ],
  },
  {
    id: "searchMemory",
    method: "GET",
    path: "/api/v1/memory/search",
    access: token("memory:read"),
    summary: "Search memory",
    query: SearchQuery,
    status: 200,
    response: json(SearchResults),
    idempotent: true,
    problems: ["busy", "storage_failed"],
    examples: [{ name: "telegram", parameters: { q: "подключить телеграм" }, status: 200 }],
  },
  {
    id: "previewForgetting",
    method: "POST",
    path: "/api/v1/memory/forget",
    access: token("memory:write"),
    summary: "What would be forgotten",
    description:
      "Changes nothing. Its `forgetId` confirms exactly what was shown. The caller's own words; with `admin` anybody's.",
    body: body(ForgetSelection),
    status: 200,
    response: json(ForgetPreview),
    idempotent: false,
    problems: ["busy", "storage_failed"],
    examples: [{ name: "a source", body: { source: "notes/boiler.md" }, status: 200 }],
  },
  {
    id: "forget",
    method: "POST",
    path: "/api/v1/memory/forget/confirm",
    access: token("memory:write"),
    summary: "Forget what a preview has shown",
    description:
      "Erases it from the journal, the index and everything made of it, and answers with a signed receipt once no byte of it " +
      "is left. `conflict` when the selection has changed since the preview. Once begun it is finished, also when the client " +
      "goes away or the node is ended.",
    body: body(ForgetConfirmation),
    status: 200,
    response: json(ForgetReceipt),
    idempotent: false,
    problems: ["conflict", ...storage],
    examples: [{ name: "an unknown preview", body: { confirm: "fgt_unknown" }, status: 404 }],
  },
] as const satisfies readonly Route[];
