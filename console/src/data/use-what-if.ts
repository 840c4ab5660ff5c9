/** Asking what a draft would have changed. */
import type { WhatIfResult } from "#projections/what-if/result.ts";
import { useProgress } from "./use-progress.ts";

interface Asked {
  document: unknown;
  from?: string;
  to?: string;
  /** How much of the members, up to 1 for all. */
  sample: number;
  /** Reads kept texts again under the draft's data rules. */
  texts?: true;
}

export const useWhatIf = () =>
  useProgress({
    address: "/policy/what-if",
    bodyOf: (asked: Asked) => asked,
    doneOf: (result: WhatIfResult) => ({ result }),
  });
