/** What a scan reports of one match. */
import type { DlpAction } from "./rule.ts";

/** One match: offsets are UTF-16 units of the text as given. */
export interface Match {
  start: number;
  end: number;
  detector: string;
  rule: string;
  confidence: number;
  action: DlpAction;
  enforced: boolean;
  /** Its placeholder is the same in the whole conversation. */
  lasting?: boolean;
  /** The evidence for it. */
  why: readonly string[];
  /** The match reached its bound inside a run of letters, digits and these characters. */
  runsOn?: string;
}
