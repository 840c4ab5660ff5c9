/** Who answers: each provider of the live policy with how it is and how it did over the last day. */
import { useEffect } from "react";
import { readProviderDay, recentRequests, type ProviderDay } from "../data/providers.ts";
import { usePolicy, type LivePolicy } from "../data/policy.ts";
import { useAdminState } from "../data/use-admin.ts";
import { useLoad } from "../data/use-load.ts";
import { useTail, useThrottled } from "../data/use-tail.ts";
import { LiveBadge, Page } from "../ui/page.tsx";
import { Nothing, Show } from "../ui/states.tsx";
import { CorrectionsCard } from "./corrections-card.tsx";
import { ProviderCard } from "./provider-card.tsx";

/** How soon after a circuit may be tried again it is looked at. */
const graceMs = 250;

/** Requests tell of themselves; that a circuit's time is over is told by nobody, but known before. */
function useCircuitEnd(day: ProviderDay | undefined, look: () => void): void {
  const circuits = day?.circuits;
  useEffect(() => {
    const ends = (circuits?.providers ?? []).flatMap((provider) =>
      provider.circuits.flatMap(({ openUntil }) => openUntil ?? []),
    );
    if (circuits === undefined || ends.length === 0) return undefined;
    const timer = setTimeout(look, Math.max(Math.min(...ends) - circuits.at, 0) + graceMs);
    return () => clearTimeout(timer);
  }, [circuits, look]);
}

function Shown({ policy }: { policy: LivePolicy }) {
  const day = useLoad(`day ${policy.version}`, readProviderDay);
  const refresh = useThrottled(day.reload, 5_000);
  useTail({ kind: "request" }, { entries: refresh, opened: refresh });
  useCircuitEnd(day.data, day.reload);
  const names = Object.keys(policy.document.providers);
  if (names.length === 0) return <Nothing title="No providers">Name one in the policy.</Nothing>;
  return (
    <Show loaded={day} lines={6}>
      {(numbers) => (
        <div className="columns">
          {names.map((name) => (
            <ProviderCard key={name} name={name} policy={policy} day={numbers} />
          ))}
        </div>
      )}
    </Show>
  );
}

export function Providers() {
  const policy = usePolicy();
  const state = useAdminState();
  return (
    <Page
      title="Providers"
      about={`Sums of the last 24 hours, calls of the last ${recentRequests} requests. A circuit opens after failures in a row, in each instance of the gateway by itself: shown is the one that answered.`}
      actions={<LiveBadge state={state} />}
    >
      <Show loaded={policy} lines={6}>
        {(live) => (
          <div className="stack">
            <Shown policy={live} />
            <CorrectionsCard providers={Object.keys(live.document.providers)} />
          </div>
        )}
      </Show>
    </Page>
  );
}
