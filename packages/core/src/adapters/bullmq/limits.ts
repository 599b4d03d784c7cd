/** The limits of working through Redis. Those that are waits may be set by a test. */
export interface JobTimes {
  /** Between two signs of life of a worker, and between two looks of the node at its jobs. */
  readonly beatMs: number;
  /** A worker that is silent for so long is taken for dead, and its jobs are issued again. */
  readonly leaseMs: number;
  /** A job that nobody can take, because no worker or no Redis is there, fails after so long. */
  readonly waitMs: number;
  /** A node that is silent for so long is taken for dead, and nobody works for it any more. */
  readonly nodeMs: number;
  /** One command of Redis. */
  readonly commandMs: number;
}

export const jobTimesDefault: JobTimes = {
  beatMs: 1_000,
  leaseMs: 4_000,
  waitMs: 20_000,
  nodeMs: 15_000,
  commandMs: 3_000,
};

/** BullMQ's own lease, renewed at half its time; a job that nobody renews is dropped, and the node issues it again. */
export const lockMs = 5_000;
export const stalledCheckMs = 2_500;
/** Between two attempts to reach Redis. */
export const reconnectMsMax = 1_000;

/** A job that outlived so many workers may be what killed them. */
export const lossesMax = 5;
/** Jobs of a node that are under way; the lanes keep to the capacity, far below. */
export const jobsMax = 4_096;
/** Jobs one worker takes at once. */
export const workerConcurrencyMax = 256;
/** Characters of a worker's name. */
export const workerNameCharsMax = 64;
/** Workers that a node knows of; more are not counted. */
export const workersMax = 1_024;
/** Bytes of a sealed job: a window of a million tokens. */
export const jobBytesMax = 32 * 1024 * 1024;

/** Entries of a node's stream of replies; it is emptied as it is read. */
export const repliesMax = 100_000;
/** Entries read at once. */
export const repliesAtOnceMax = 200;
/** Everything in Redis is forgotten after so long, unless somebody works. */
export const keepMs = 60 * 60_000;
/** The stream of BullMQ's own events, which nobody reads. */
export const eventsMax = 16;
