/** The draft in the shadow: what runs, what it would have changed so far, live. */
import type { ShadowRecord } from "#actors/policy/state.ts";
import type { PolicyChange } from "#policy/diff.ts";
import type { ShadowReport } from "../logic/shadow.ts";
import { ask, withQuery } from "./api.ts";
import { useAdminLoad } from "./use-admin.ts";
import { useLoad, type Loaded } from "./use-load.ts";
import { useTail, useThrottled } from "./use-tail.ts";

export type RunningShadow = ShadowRecord & { changes: PolicyChange[] };

/** Sums are asked for anew this often while requests come. */
const refreshMs = 5_000;

export const useRunningShadow = (): Loaded<{ shadow: RunningShadow | null }> =>
  useAdminLoad({ type: "GetShadow" }, ["ShadowStarted", "ShadowStopped", "PolicyPublished"]);

/** The report of one draft; its sums follow the requests that come by. */
export function useShadowReport(draft: number): Loaded<ShadowReport> {
  const loaded = useLoad(`shadow ${draft}`, (signal) =>
    ask<ShadowReport>(withQuery("/policy/shadow", { draft }), { signal }),
  );
  const refresh = useThrottled(loaded.reload, refreshMs);
  useTail({ kind: "request" }, { entries: refresh, opened: refresh });
  return loaded;
}
