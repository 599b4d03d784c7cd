/** Samples in a second, as the models for speech take them. */
export const sampleRate = 16_000;
/** Models learn from recordings of this length at most, and their memory grows with its square. */
export const pieceSecondsMax = 25;
/** A longer recording is cut at the quietest moment of so many seconds before that. */
export const cutWithinSeconds = 10;
/** Models may fail on less; a shorter piece is followed by silence. */
export const pieceSecondsMin = 1;
/** Of a recording that are decoded at a time: a byte of Opus may stand for a tenth of a second. */
export const decodedBytesMax = 4 * 1024;
