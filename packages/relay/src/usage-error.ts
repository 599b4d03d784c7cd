/** What was asked for on the command line cannot be done; its message says what to write instead. */
export class UsageError extends Error {}
