/** The limits of talking to a model server. Those that are waits may be set per backend, which tests use. */
export interface Timeouts {
  /** Until a TCP connection stands. */
  readonly connectMsMax: number;
  /** Silence before the server is asked whether it still lives. A long prompt is silent for minutes on a CPU. */
  readonly silenceMsMax: number;
  /** Between two such questions. */
  readonly livenessEveryMs: number;
  /** Until one such question is answered. */
  readonly livenessMsMax: number;
  /** Silence after which even a server that lives is given up; absent, none is. */
  readonly stuckMsMax?: number;
  /** What holds in place of the above while another server is ready to take the question over. */
  readonly brief: Brief;
  /** The whole answer, whatever arrives. */
  readonly answerMsMax: number;
  /** From the first try until the last one may begin. */
  readonly retryMsMax: number;
  /** Learning what a server is and has. */
  readonly inspectMsMax: number;
  /** A stream's end after its last word was announced. */
  readonly streamEndMsMax: number;
  /** The first check of a degraded server; doubles up to `healMsMax`. */
  readonly healFirstMs: number;
  readonly healMsMax: number;
  /** Between two checks of a healthy server without traffic. */
  readonly idleProbeMs: number;
  /** The same while somebody used the server within `inUseMs`. */
  readonly inUseProbeMs: number;
  readonly inUseMs: number;
  /** Until texts are embedded. */
  readonly embedMsMax: number;
}

type Brief = Required<
  Pick<Timeouts, "silenceMsMax" | "livenessEveryMs" | "livenessMsMax" | "stuckMsMax">
>;

export const timeoutsDefault: Timeouts = {
  connectMsMax: 3_000,
  silenceMsMax: 20_000,
  livenessEveryMs: 10_000,
  livenessMsMax: 5_000,
  brief: {
    silenceMsMax: 5_000,
    livenessEveryMs: 2_000,
    livenessMsMax: 1_500,
    stuckMsMax: 60_000,
  },
  answerMsMax: 30 * 60_000,
  retryMsMax: 20_000,
  inspectMsMax: 5_000,
  streamEndMsMax: 5_000,
  healFirstMs: 1_000,
  healMsMax: 15_000,
  idleProbeMs: 30_000,
  inUseProbeMs: 10_000,
  inUseMs: 5 * 60_000,
  embedMsMax: 5 * 60_000,
};

/** Checks in a row that may fail before a silent server is given up. */
export const livenessFailuresMax = 3;
/** Tries of one request, the first included. A kept connection that had died is replaced without counting. */
export const triesMax = 3;
/** The delay before a further try; drawn with full jitter. */
export const retryBackoff = { baseMs: 500, capMs: 5_000 };

/**
 * UTF-16 units of an answer's text. The rest of a longer one is left out and its end is `length`, streamed or whole:
 * as JSON it then fits a record of the journal, whatever the script.
 */
export const answerCharsMax = 1024 * 1024;
/** Tool calls of one answer, and characters of a tool's name or a call's id. An answer with more is unusable. */
export const toolCallsMax = 128;
export const toolNameCharsMax = 256;
/** Bytes of an answer to texts to embed: 256 vectors of 8,192 numbers. A larger one is unusable. */
export const embedBytesMax = 32 * 1024 * 1024;
/** Until a recording is written down: twenty minutes of speech, on a processor that hears twice as fast as people speak. */
export const transcribeMsMax = 10 * 60_000;
/** Bytes of what was heard, as JSON. Twenty minutes of fast speech are 30 thousand letters, each six bytes when escaped. */
export const transcriptBytesMax = 256 * 1024;
/** Bytes of an answer that comes whole: every unit escaped takes six, and reasoning comes on top. */
export const answerBytesMax = 8 * 1024 * 1024;
/** Bytes of a whole stream: 64 thousand tokens of a kilobyte each, which is four times what servers send per token. */
export const streamBytesMax = 64 * 1024 * 1024;
/** Characters of one event of a stream. */
export const streamEventCharsMax = 1024 * 1024;
/** Bytes of an error's body that are read; the rest is not needed to tell what it is. */
export const errorBytesMax = 64 * 1024;
/** Bytes of a list of models and of what a server says about itself. */
export const listBytesMax = 4 * 1024 * 1024;

/** Models of a list that are looked at. */
export const modelsMax = 1_000;
/** Characters of a model's name. */
export const modelNameCharsMax = 256;
/** Models that Ollama is asked about one by one. */
export const ollamaShowMax = 8;
/** Models named in an error's sentence. */
export const modelsNamedMax = 8;

/** The window assumed when neither the server nor the owner states one: Ollama's default on small machines. */
export const contextTokensDefault = 4_096;
/** A larger window than this is a misreading. */
export const contextTokensMax = 100_000_000;
