/** Bytes of a request's body. */
export const bodyBytesMax = 16 * 1024 * 1024;
export const messagesMax = 4_096;
export const stopsMax = 16;
export const stopCharsMax = 256;
/** Texts of one request for embeddings. */
export const embedTextsMax = 256;
/** Requests that wait for a free sequence; one more is told that the model is busy. */
export const waitingMax = 16;
export const connectionsMax = 64;
/** A request that comes while the model loads waits so long before it is told to come again. */
export const loadWaitMs = 4_000;
/** The window when none is configured, unless the model was trained with a smaller one or memory is short. */
export const contextTokensDefault = 8_192;
export const contextTokensMin = 512;
/** Answers that miss the schema are made again so often in all. */
export const schemaTriesMax = 3;
/** What a chunk of an answer may wait in memory for a slow reader. */
export const unsentBytesMax = 4 * 1024 * 1024;
