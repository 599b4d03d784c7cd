/** What the two ends of the link have agreed on of the spool; apart from the schemas, which the relay does not load. */

/** The link's own method: the relay answers it itself. */
export const spoolMethod = "exchangeSpool";
export const spoolIdPattern = /^\d{16}$/;
export const spoolEpochPattern = /^[0-9a-f]{16}$/;
export const spoolRecipientPattern = /^age1[02-9ac-hj-np-z]{58}$/;
/** People whose updates are kept: as many as a configuration can name. */
export const spoolPeopleMax = 4_000;
/** Records that one request may name as taken, and one answer hold. */
export const spoolTakenMax = 1_000;
/** Sealed bytes of one answer, unless a single record has more. The relay holds several times as much for a moment. */
export const spoolAnswerBytesMax = 128 * 1024;
