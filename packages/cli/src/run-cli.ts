import { errorText } from "@adyton/runtime/coded-error";
import { localeLanguage } from "@adyton/runtime/language";
import { exitCodes, Failure } from "./failure.ts";
import { homeFolder } from "./home.ts";
import { Options } from "./options.ts";
import { Printer } from "./printer.ts";
import type { Run } from "./program.ts";
import { quickUp } from "./quick-up.ts";
import type { Shell } from "./shell.ts";
import { spelling } from "./spelling.ts";
import { softwareVersion } from "./software-version.ts";
import { loadTexts, type Translate } from "./texts/translate.ts";

const portBounds = { min: 0, max: 65_535 };

/**
 * Runs one command line and returns its exit code; never throws. An unforeseen error is told without its
 * message, which may hold what nobody meant to show.
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  const language = localeLanguage(process.env);
  const translation = await loadTexts(language);
  const t = translation(spelling(process.env));
  let exitCode: number = exitCodes.ok;
  let json = argv.includes("--json");
  endWithClosedPipes();
  const run: Run = async (load, { args, values }) => {
    const options = new Options(values, t);
    json = options.flag("json");
    const shellTexts = translation(spelling(process.env, options.text("home")));
    const shell = createShell({ options, t: shellTexts, language });
    const body = await load();
    exitCode = await body(shell, { args, options });
  };
  try {
    const quick = quickUp(argv);
    if (quick !== undefined) await run(quick.load, quick);
    else {
      const { parseCommandLine } = await import("./program.ts");
      await parseCommandLine(argv, { t, version: softwareVersion(), run });
    }
    return exitCode;
  } catch (error) {
    const failure =
      error instanceof Failure
        ? error
        : new Failure("failed", { title: t("cli.internal"), detail: errorText(error) });
    createPrinter(json).failure(failure);
    return exitCodes[failure.code];
  }
}

function createShell(made: {
  readonly options: Options;
  readonly t: Translate;
  readonly language: Shell["language"];
}): Shell {
  const { options, t, language } = made;
  const home = homeFolder(options.text("home"), process.env);
  const port = options.whole("port", portBounds);
  return {
    home,
    port,
    env: process.env,
    language,
    t,
    print: createPrinter(options.flag("json")),
    client: async (last) => {
      const [{ Client }, { findAddress, lastPort, liveSocket, readToken }] = await Promise.all([
        import("./client.ts"),
        import("./node-address.ts"),
      ]);
      const address = await findAddress(home, port, last ?? lastPort(home));
      // A port that was asked for is meant; otherwise the socket is surer to be the node of this folder.
      const socket = port === undefined ? await liveSocket(home) : undefined;
      const token = socket === undefined ? readToken(home, address, t) : undefined;
      return new Client({ address, socket, token, t });
    },
  };
}

function createPrinter(json: boolean): Printer {
  return new Printer({ out: process.stdout, errors: process.stderr, env: process.env, json });
}

/** `adyton logs | head` closes the pipe when it has enough; that is an end, not an error. */
function endWithClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(exitCodes.ok);
      throw error;
    });
}
