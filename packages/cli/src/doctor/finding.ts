import type { Language } from "@adyton/runtime/language";
import type { Translate } from "../texts/translate.ts";

export interface Finding {
  readonly check: string;
  readonly status: "ok" | "warn" | "fail";
  /** What is so. */
  readonly text: string;
  /** What to do about it; every finding that is not ok has one. */
  readonly cure?: string;
}

export interface DoctorContext {
  readonly home: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly t: Translate;
  /** Of what comes from the node in both. */
  readonly language: Language;
}

export function ok(check: string, text: string): Finding {
  return { check, status: "ok", text };
}

export function warn(check: string, text: string, cure: string): Finding {
  return { check, status: "warn", text, cure };
}

export function fail(check: string, text: string, cure: string): Finding {
  return { check, status: "fail", text, cure };
}
