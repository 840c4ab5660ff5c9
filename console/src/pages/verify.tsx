/** The whole log verified in this browser: progress, a way to stop, a result to take away. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { Button } from "@cloudflare/kumo/components/button";
import { DownloadSimple, SealCheck } from "@phosphor-icons/react";
import { useEffect, useState } from "react";
import { describe } from "#projections/verify/finding.ts";
import { save } from "../data/export.ts";
import { readPublicKeys } from "../data/record.ts";
import { useSession } from "../data/session.ts";
import { useLoad } from "../data/use-load.ts";
import { useVerify, type Verifying } from "../data/use-verify.ts";
import { count, dateTime, isoTime } from "../logic/format.ts";
import { newKeys, readTrust, withHeads, type Trust } from "../logic/trust.ts";
import { Copy } from "../ui/copy.tsx";
import { Card, Facts } from "../ui/page.tsx";
import { Progress } from "../ui/progress.tsx";
import { Show } from "../ui/states.tsx";

type Done = Extract<Verifying, { kind: "done" }>;

/** What this browser remembers for an organisation. */
function useTrust(): [Trust, (trust: Trust) => void] {
  const name = `tallygate.trust.${useSession().organisation}`;
  const [trust, setTrust] = useState(() => readTrust(localStorage.getItem(name)));
  const keep = (next: Trust): void => {
    localStorage.setItem(name, JSON.stringify(next));
    setTrust(next);
  };
  return [trust, keep];
}

function saveReport({ report, at, asked }: Done): void {
  const verdict = report.count === 0 ? "sound" : "not sound";
  const file = { verdict, verifiedAt: isoTime(at), gateway: location.origin, ...asked, report };
  const blob = new Blob([JSON.stringify(file, null, 2)], { type: "application/json" });
  save(blob, `tallygate-verification-${isoTime(at).slice(0, 19).replaceAll(":", "")}.json`);
}

function Result({ done }: { done: Done }) {
  const { shards, findings, count: faults } = done.report;
  const sum = (field: "events" | "segments" | "streams" | "decisions") =>
    shards.reduce((total, shard) => total + shard[field], 0);
  return (
    <div className="stack">
      <div role="status">
        {faults === 0 ? (
          <Badge variant="success">Sound: {count(sum("events"))} events are what was signed</Badge>
        ) : (
          <Badge variant="error">Not sound: {count(faults)} findings</Badge>
        )}
      </div>
      <Facts
        rows={[
          ["Verified", dateTime(done.at)],
          ["Events", count(sum("events"))],
          ["Streams", count(sum("streams"))],
          ["Segments", count(sum("segments"))],
          ["Decisions made again", count(sum("decisions"))],
          ...shards.map(({ shard, head }): [string, React.ReactNode] => [
            `Shard ${shard.slice(0, 8)}…`,
            head && (
              <>
                {count(head.size)} segments, root{" "}
                <Copy exact={head.root}>
                  <code>{head.root.slice(0, 16)}…</code>
                </Copy>
              </>
            ),
          ]),
        ]}
      />
      {findings.length === 0 ? null : (
        <ul className="stack" role="alert">
          {findings.map((finding) => (
            <li key={describe(finding)} className="wrap-anywhere mono">
              {describe(finding)}
            </li>
          ))}
        </ul>
      )}
      <div>
        <Button icon={<DownloadSimple size={14} />} onClick={() => saveReport(done)}>
          Download the result
        </Button>
      </div>
    </div>
  );
}

function KeyNotes({ trust, shown }: { trust: Trust; shown: readonly string[] }) {
  const strangers = newKeys(trust, shown);
  if (strangers.length > 0) {
    return (
      <p role="alert">
        <Badge variant="warning">New key</Badge> The gateway shows a key that this browser has not
        seen before: <code className="wrap-anywhere">{strangers.join(", ")}</code>. Ask its operator
        whether it was changed before you trust it.
      </p>
    );
  }
  return (
    <p className="small soft">
      {trust.checkpoints.length === 0
        ? "This browser has not verified this log before; what it finds sound, it remembers."
        : `The log must begin with what this browser saw last: ${trust.checkpoints.length} checkpoints are remembered here.`}
    </p>
  );
}

function Keys(props: { keys: readonly string[]; own: string; onOwn: (text: string) => void }) {
  return (
    <details>
      <summary className="small">Public keys</summary>
      <div className="stack" style={{ paddingTop: 8 }}>
        {props.keys.map((key) => (
          <Copy key={key} exact={key}>
            <code className="wrap-anywhere">{key}</code>
          </Copy>
        ))}
        <label className="field">
          <span>
            Another key to trust instead: one that you were given, not one that this page shows
          </span>
          <input
            className="control mono"
            maxLength={200}
            value={props.own}
            onChange={(event) => props.onOwn(event.target.value)}
          />
        </label>
      </div>
    </details>
  );
}

export function Verify() {
  const keys = useLoad("keys", readPublicKeys);
  const [trust, keep] = useTrust();
  const [own, setOwn] = useState("");
  const { state, start, stop } = useVerify();
  useEffect(() => {
    if (state.kind !== "done" || state.report.count > 0) return;
    const heads = state.report.shards.map(({ head }) => head);
    keep(withHeads(trust, state.asked.publicKeys, heads));
    // Once for each result, whatever was remembered before it.
  }, [state]);
  return (
    <Card title="Verify the chain" padded>
      <Show loaded={keys}>
        {(shown) => (
          <div className="stack">
            <p>
              Every event's hash and its link to the one before, every segment's tree and signature,
              every decision made again, every sum folded anew: in this browser, with the code of{" "}
              <code>tallygate verify</code>. It trusts the public key alone.
            </p>
            <KeyNotes trust={trust} shown={shown} />
            <Keys keys={shown} own={own} onOwn={setOwn} />
            {state.kind === "running" ? (
              <Progress label="Events verified" done={state.events} of={state.of} onStop={stop} />
            ) : (
              <div className="toolbar">
                <Button
                  variant="primary"
                  icon={<SealCheck size={16} />}
                  onClick={() =>
                    start({
                      publicKeys: own.trim() === "" ? [...shown] : [own.trim()],
                      trusted: trust.checkpoints,
                    })
                  }
                >
                  Verify now
                </Button>
                {state.kind === "idle" && state.note !== undefined ? (
                  <span role="status">{state.note}</span>
                ) : null}
              </div>
            )}
            {state.kind === "done" ? <Result done={state} /> : null}
          </div>
        )}
      </Show>
    </Card>
  );
}
