/** Whoever runs a model server, where that is the node itself: it knows best why the server does not answer. */
export interface ServerHost extends AsyncDisposable {
  /** Where the server answers, as a backend takes it. */
  readonly url: string;
  /** What the owner knows the server by. */
  readonly name: string;
  /** What keeps the server from answering, to follow its name in a sentence; `undefined` when nothing does. */
  readonly trouble: string | undefined;
  /** Until the server answers, or is known not to for now. Never rejects. */
  settled(): Promise<void>;
}
