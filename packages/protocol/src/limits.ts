/**
 * The limits of the contract, in one place. Each name ends in its unit and bound; what happens at a limit is
 * stated beside it, is part of the published specification, and is tested at the limit and one above.
 */

/** Characters of one message's text. Longer is refused with `invalid_body`. */
export const messageTextCharsMax = 32_000;
/** Texts and pictures that one message brings along. One more is refused with `invalid_body`, as is one past the others. */
export const attachmentsMax = 10;
/** Characters of one attached text, and of the name of what it was taken from. */
export const attachmentTextCharsMax = 200_000;
export const attachmentNameCharsMax = 300;
/** Characters in base64 of one attached picture: a mebibyte of it. */
export const pictureCharsMax = 1_398_104;
/** Bytes in UTF-8 of all that is attached to one message. */
export const attachmentsBytesMax = 4 * 1024 * 1024;
/** Characters of an earlier message that one answers to. */
export const messageQuoteCharsMax = 4_096;
/** Characters of a conversation's name. */
export const conversationNameCharsMax = 128;
/** Characters of an inserted intent. */
export const overlayTextCharsMax = 2_000;
/** Active overlays of one conversation; one more is refused with `conflict`. */
export const overlaysActiveMax = 3;
/** Turns an overlay or a switched mode lasts unless told otherwise, and at most. */
export const modeTurnsDefault = 20;
export const modeTurnsMax = 1_000;
/** Seconds an overlay or a switched mode lasts unless told otherwise, and at most. */
export const modeSecondsDefault = 86_400;
export const modeSecondsMax = 30 * 86_400;

/** Times in a minute that one principal may switch modes. One more is refused with `busy`. */
export const switchModePerMinuteMax = 10;
/** Times that a principal may examine itself in full within an hour. */
export const mirrorPerHourMax = 6;
/** Characters of a text that is led to a command. */
export const resonanceTextCharsMax = 500;
/** Times in a minute that one principal may have the context checked. One more is refused with `busy`. */
export const echoPulsePerMinuteMax = 6;

/** Bytes of a JSON body on every route that names no other bound. More is refused with `payload_too_large`. */
export const jsonBodyBytesMax = 1024 * 1024;
/** Bytes of a body that carries a document. */
export const documentBodyBytesMax = 5 * 1024 * 1024;
/** Bytes of one document's text in UTF-8. */
export const documentTextBytesMax = 4 * 1024 * 1024;
/** Seconds a document may be given to stay: a hundred years. */
export const documentSecondsMax = 100 * 366 * 86_400;
/** Lines of an exported memory in one part of its import. */
export const importLinesMax = 1_000;
/** Levels of nesting in a JSON body. Deeper is refused with `invalid_json`. */
export const jsonDepthMax = 64;
/** Bytes of all request headers together. More is refused with `headers_too_large`. */
export const headersBytesMax = 16 * 1024;
/** Milliseconds in which a whole request must have arrived. Later is refused with `request_timeout`. */
export const requestReceiveMsMax = 30_000;
/** Characters of a request target. */
export const targetCharsMax = 4_096;

/** Events in one CloudEvents batch. */
export const eventBatchMax = 500;
/** Bytes of one event's data as JSON. */
export const eventDataBytesMax = 256 * 1024;
/** Events on one page of the journal. */
export const journalPageMax = 500;
/** Bytes of its records' text, as the journal keeps it, after which a page takes no further one; it has at least one. */
export const journalPageTextBytesMax = 4 * 1024 * 1024;
/** Streams (SSE) open at once on the node; one more is refused with `busy`. */
export const streamsMax = 256;
/** Milliseconds between two heartbeats of a stream. */
export const streamHeartbeatMs = 15_000;

/** Messages waiting in one conversation. One more is refused with `busy`. */
export const conversationQueueMax = 8;
/** Messages waiting of one principal. One more is refused with `busy`. */
export const principalQueueMax = 64;
/** Messages waiting on the node. One more is refused with `busy`. */
export const nodeQueueMax = 1_024;

/** Days in which a repeated (source, id) or Idempotency-Key has no second effect. */
export const dedupeDays = 7;
/** Characters of an Idempotency-Key. */
export const idempotencyKeyCharsMax = 255;

/** Seconds a client may ask with `Prefer: wait`; more counts as so many. */
export const preferWaitSecondsMax = 3_600;

/** Results of one search. */
export const searchResultsMax = 20;
export const searchResultsDefault = 8;
/** Characters of a search query. */
export const searchQueryCharsMax = 1_000;

/** Tokens (credentials) that may be valid at once. One more is refused with `conflict`. */
export const tokensMax = 1_000;
/** People let in by a code and codes that wait, together. One more is refused with `conflict`. */
export const pairingsMax = 256;

/** Bytes of one message on a socket: the largest body of a route and what stands around it. */
export const envelopeBytesMax = documentBodyBytesMax + 64 * 1024;
/** Characters of the id by which a message's answer is known. */
export const envelopeIdCharsMax = 64;
/** Requests of one socket that are not answered yet, streams included. One more is refused with `busy`. */
export const socketRequestsMax = 64;
/** Milliseconds between two looks whether a socket's other end is still there. */
export const socketHeartbeatMs = 20_000;
/** Records of the journal after which a client acknowledges what it has taken. */
export const ackRecordsMax = 32;
/** Records sent to a client that acknowledges and has not yet acknowledged these. The next one waits. */
export const unackedRecordsMax = 1_024;
/** Milliseconds for which a subscription can be resumed after its socket closed. Later the socket is closed with 4009. */
export const resumeMsMax = 600_000;
/** Sockets that speak in messages, open at once. One more is refused with `busy`. */
export const socketsMax = 10_240;

/** Bytes of a request's body under `/v1/`, in which a client sends its whole context. More is `payload_too_large`. */
export const contextBodyBytesMax = 4 * 1024 * 1024;
/** Messages, or items, of one request. */
export const contextMessagesMax = 4_096;
/** Parts of one message. */
export const messagePartsMax = 256;
/** Tools of one request. */
export const requestToolsMax = 128;
/** Texts at which an answer stops. */
export const stopTextsMax = 16;
/** Characters of a model's name in a request. */
export const modelNameCharsMax = 256;
/** Characters of a model's name, or a part of it, in an address. */
export const pathNameCharsMax = 128;
/** Texts that are embedded by one request. */
export const embeddingInputsMax = 256;
/** Requests to embed that are under way at once on the node. One more is refused with `busy`. */
export const embeddingsAtOnceMax = 8;
/** Bytes, as JSON, of a response's input that are kept so that it can be continued. A larger one is not stored. */
export const storedInputBytesMax = 256 * 1024;
/** Responses that one may follow, by `previous_response_id`. */
export const responseChainMax = 100;

/** Characters of a text, or of a reason, in one step of a trace. Longer ones are cut; their hash is that of the whole. */
export const traceTextCharsMax = 4_000;
/** Steps of a run that are told and written down; a run ends long before. Further ones are dropped. */
export const traceStepsMax = 200;
/** Sources that a taint names; further ones taint without being named. */
export const taintSourcesMax = 16;
/** How far back `/rethink` reaches: the last answer is 1. */
export const rethinkBackMax = 20;

/** Lines that one `fold_error` looks at, the newest; older ones are left out, and the report says so. */
export const foldLinesMax = 20_000;
/** Bytes of a log that one `fold_error` reads, the newest. */
export const foldBytesMax = 5 * 1024 * 1024;
/** Characters of a line that is handed in to be folded. */
export const foldLineCharsMax = 65_536;
/** Milliseconds that a log is looked back unless told otherwise, and at most. More is refused with `invalid_body`. */
export const foldWindowMsDefault = 15 * 60_000;
export const foldWindowMsMax = 7 * 86_400_000;
/** Clusters that one `fold_group` merges. */
export const foldMergeMax = 16;
/** Calls of `fold_error` that wait or run at once on the node. One more is refused with `busy`. */
export const foldsMax = 4;

/** Characters of a fact's subject, attribute and value. */
export const factSubjectCharsMax = 200;
export const factAttributeCharsMax = 200;
export const factValueCharsMax = 2_000;
/** Facts on one page. */
export const factPageDefault = 100;
export const factPageMax = 500;
/** Proposed facts that wait for a decision, of one source and of all. One more is refused with `busy`. */
export const proposalsOfSourceMax = 100;
export const proposalsWaitingMax = 1_000;

/** Pinned blocks of one person; one more is refused with `conflict`. */
export const blocksMax = 4;
export const blockNameCharsMax = 64;
export const blockTextCharsMax = 2_000;
/** Versions of a block that are listed: the newest. */
export const blockVersionsMax = 50;
/** Characters of a text that is to be forgotten wherever it stands. */
export const forgetTextCharsMax = 1_000;
/** Previews of forgetting that one principal may confirm; one more takes the place of its oldest. */
export const forgetPreviewsMax = 20;
/** Previews of one principal that wait or are made at once, each a look through the journal. One more is refused with `busy`. */
export const forgetPreviewsAtOnceMax = 4;
/** Milliseconds in which a preview can be confirmed. */
export const forgetPreviewMsMax = 600_000;
/** Things a preview shows by their titles. */
export const forgetTitlesMax = 20;
