import { InstallError, installSpeechEngine } from "@adyton/core/speech";

const installMsMax = 30_000;

/** The reason to skip what needs the engine for speech; it is installed where that is possible. */
export async function speechEngineMissing(): Promise<string | false> {
  try {
    await installSpeechEngine(AbortSignal.timeout(installMsMax));
    return false;
  } catch (error) {
    const isKnown = error instanceof InstallError && error.code !== "failed";
    // Without a registry its client tries for a minute; its own words are many and say less.
    const reason = isKnown ? error.message : "the npm registry did not give it in time";
    return `no engine for speech: ${reason}`;
  }
}
