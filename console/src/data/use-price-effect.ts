/** Asking what a corrected price would make of settled calls. */
import type { CorrectionTerms, CostChange } from "../logic/price-correction.ts";
import { useProgress } from "./use-progress.ts";

/** Terms as a text: the same terms have the same effect. */
export const idOfTerms = (terms: CorrectionTerms): string => JSON.stringify(terms);

export const usePriceEffect = () =>
  useProgress({
    address: "/policy/price-effect",
    bodyOf: ({ from, to, ...rest }: CorrectionTerms) => ({
      ...rest,
      from: String(from),
      to: String(to),
    }),
    doneOf: (change: CostChange, terms) => ({ terms: idOfTerms(terms), change }),
  });
