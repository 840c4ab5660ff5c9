/** A price correction as a form has it, and in words. */
import type { PolicyPrice } from "#policy/document.ts";
import { count, exactUsd, usd } from "./format.ts";

/** What is typed: dollars per million tokens, and per call. */
export const priceFields = [
  ["inputUsdPerMtok", "Input, $ per million tokens"],
  ["outputUsdPerMtok", "Output, $ per million tokens"],
  ["cachedReadUsdPerMtok", "Cached input, if other"],
  ["cacheWrite5mUsdPerMtok", "Cache write 5 min, if other"],
  ["cacheWrite1hUsdPerMtok", "Cache write 1 h, if other"],
  ["reasoningUsdPerMtok", "Reasoning, if other"],
  ["requestUsd", "$ per call, if any"],
  ["secondUsd", "$ per second, if any"],
] as const;
export type PriceField = (typeof priceFields)[number][0];

export interface CorrectionDraft {
  model: string;
  provider: string;
  from: number | undefined;
  to: number | undefined;
  price: Partial<Record<PriceField, string>>;
}

export const noCorrection: CorrectionDraft = {
  model: "",
  provider: "",
  from: undefined,
  to: undefined,
  price: {},
};

/** A correction as the gateway takes it. */
export interface CorrectionTerms {
  model: string;
  provider?: string;
  from: number;
  to: number;
  price: PolicyPrice;
}

/** The terms that a form stands for; undefined while something is missing or is no amount. */
export function termsOf(draft: CorrectionDraft): CorrectionTerms | undefined {
  const { from, to } = draft;
  const given = Object.entries(draft.price).filter(([, text]) => text.trim() !== "");
  const price = Object.fromEntries(given.map(([name, text]) => [name, Number(text)]));
  const isPrice = Object.values(price).every((value) => Number.isFinite(value) && value >= 0);
  const { inputUsdPerMtok, outputUsdPerMtok } = price;
  if (!isPrice || inputUsdPerMtok === undefined || outputUsdPerMtok === undefined) return undefined;
  if (draft.model.trim() === "" || from === undefined || to === undefined || from >= to) {
    return undefined;
  }
  const provider = draft.provider === "" ? {} : { provider: draft.provider };
  const whole = { ...price, inputUsdPerMtok, outputUsdPerMtok };
  return { model: draft.model.trim(), ...provider, from, to, price: whole };
}

export interface CostChange {
  principals: number;
  requests: number;
  oldNanos: number;
  newNanos: number;
}

/** What a correction does, or did, in a sentence. */
export function changeWords({ principals, requests, oldNanos, newNanos }: CostChange): string {
  if (requests === 0) return "No call changes.";
  const delta = newNanos - oldNanos;
  const calls = `${count(requests)} call${requests === 1 ? "" : "s"}`;
  const people = `${count(principals)} member${principals === 1 ? "" : "s"}`;
  return `${calls} of ${people}: ${usd(oldNanos)} → ${usd(newNanos)} (${delta > 0 ? "+" : ""}${usd(delta)}).`;
}

/** The same amounts to the last nano-dollar, as they are copied. */
export function exactChange({ oldNanos, newNanos }: CostChange): string {
  return `${exactUsd(oldNanos)} ${exactUsd(newNanos)}`;
}
