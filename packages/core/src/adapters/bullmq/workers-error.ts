import { CodedError } from "@adyton/runtime/coded-error";

/** Why workers cannot be used as configured. The message says what to do, and holds no address. */
export class WorkersError extends CodedError<"address_refused" | "key_refused" | "silent"> {}
