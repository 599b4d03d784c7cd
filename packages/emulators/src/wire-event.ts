/** One server-sent event. Faults count tokens, and an early end leaves out everything that closes. */
export interface WireEvent {
  readonly kind: "opening" | "token" | "closing";
  readonly name?: string;
  readonly data: string;
}
