/** The texts of `voice`: speech that the node recognises itself. */
export const voiceEn = {
  "summary.voice": "speech that the node recognises itself",
  "example.voice": "{adyton} voice check ~/models/giga-am",
  "summary.voice check": "see whether the node can hear with a model, and what it hears",
  "example.voice check": `{adyton} voice check ~/models/giga-am
{adyton} voice check ~/models/giga-am voice.ogg`,
  "voice.installing": "Installing the engine for speech, once: about 50 MB …",
  "voice.loading": "Loading the model …",
  "voice.hearing": "Listening …",
  "voice.loads": "The model loads in {ms} ms and takes {mib} MiB of memory.",
  "voice.heard": "Heard in {ms} ms, of {seconds} s: {words}",
  "voice.next": "Name it in adyton.yaml, then start the node anew:\nvoice:\n  folder: {folder}",
  "voice.refused": "The node cannot hear with {folder}.",
  "voice.advice": "Which models it can hear with stands in the manual, on the page Speech.",
  "voice.no_recording": "{file} cannot be read.",
  "voice.stopped": "Stopped.",
  "voice.install_failed": "The engine for speech could not be installed.",
  "voice.install_advice":
    "It comes from the npm registry. Without a network, copy packages/speech/node_modules from a machine that has it.",
  "voice.install_unsupported": "The engine for speech does not run on this machine.",
  "voice.install_server":
    "Use a server for speech instead, such as whisper.cpp's: voice.url in adyton.yaml",
  "doctor.voice": "the model for speech in {folder} can be used, and its engine is there",
  "doctor.voice_folder": "the folder for speech {folder}: {why}",
  "doctor.voice_folder_cure":
    "make it and put a model for speech there, or correct voice.folder in adyton.yaml",
  "doctor.voice_not_folder_cure":
    "name the folder with the model's files as voice.folder in adyton.yaml",
  "doctor.voice_unreadable_cure":
    "let the node read it and its files (ls -laL shows who may), or correct voice.folder in adyton.yaml",
  "doctor.voice_missing_cure":
    "put all files of a model for speech there; which ones the node can hear with stands in the manual, on the page Speech",
  "doctor.voice_model": "the node cannot hear with the model in {folder}: {why}",
  "doctor.voice_model_cure":
    "put another one there; which ones it can hear with stands in the manual, on the page Speech",
  "doctor.voice_engine": "the engine for speech is not installed",
  "doctor.voice_engine_cure": "install it: {adyton voice check {folder}}",
} as const;
