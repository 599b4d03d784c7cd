import {
  BackupReport,
  CommandResult,
  Document,
  DocumentList,
  Health,
  JournalPage,
  MessageAnswer,
  Overlay,
  SearchResults,
  Self,
  Token,
  TokenList,
  TokenMade,
  Usage,
  VerifyReport,
  type CommandRequest,
  type DocumentRequest,
  type MessageRequest,
  type PromptRequest,
  type TokenRequest,
} from "@adyton/protocol";

const schemas = {
  sendMessage: MessageAnswer,
  runCommand: CommandResult,
  insertPrompt: Overlay,
  removePrompt: Overlay,
  getSelf: Self,
  getUsage: Usage,
  getHealth: Health,
  getEvents: JournalPage,
  addDocument: Document,
  listDocuments: DocumentList,
  searchMemory: SearchResults,
  addToken: TokenMade,
  listTokens: TokenList,
  revokeToken: Token,
  verifyJournal: VerifyReport,
  backupJournal: BackupReport,
} as const;

export type UsedRoute = keyof typeof schemas;
export type Answer<Id extends UsedRoute> = ReturnType<(typeof schemas)[Id]["parse"]>;

interface Schema<T> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: T } | { readonly success: false };
}

/** The schema of each answer the command line reads; a test holds them against the route table. */
export const answerSchemas: { readonly [Id in UsedRoute]: Schema<Answer<Id>> } = schemas;

interface Bodies {
  readonly sendMessage: MessageRequest;
  readonly runCommand: CommandRequest;
  readonly insertPrompt: PromptRequest;
  readonly addDocument: (typeof DocumentRequest)["_zod"]["input"];
  readonly addToken: (typeof TokenRequest)["_zod"]["input"];
}

export interface Call<Id extends UsedRoute> {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: Id extends keyof Bodies ? Bodies[Id] : never;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Silence after which this call is given up. */
  readonly quietMs?: number;
}
