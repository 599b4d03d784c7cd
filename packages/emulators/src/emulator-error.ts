/** What an emulator refuses to do. `code` is a closed list; the message never holds a key. */
export class EmulatorError extends Error {
  override readonly name = "EmulatorError";
  readonly code:
    | "option_invalid"
    | "port_taken"
    | "listen_failed"
    | "timed_out"
    | "no_openssl"
    | "file_in_the_way";
  constructor(code: EmulatorError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
