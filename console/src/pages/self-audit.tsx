/** How the gateway's own audits went: each shard folds its whole log anew and compares. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { Button } from "@cloudflare/kumo/components/button";
import { useState } from "react";
import { ApiError, ask, send } from "../data/api.ts";
import { useSession } from "../data/session.ts";
import { useAdminNews } from "../data/use-admin.ts";
import { useLoad } from "../data/use-load.ts";
import { count, dateTime, percent } from "../logic/format.ts";
import { Card } from "../ui/page.tsx";
import { Show } from "../ui/states.tsx";

/** What does not fit its history, as the API tells it. */
interface Fault {
  shard: string;
  stream: string;
  seq: number;
  kind: string;
  message: string;
  at: number;
}

/** How a shard's audits of itself went. */
interface AuditStatus {
  shard: string;
  last?: { at: number; events: number; differences: number };
  running?: { events: number; of: number };
  nextAt?: number;
  rebuilding?: true;
  trouble?: string;
}

interface Faults {
  faults: Fault[];
  audits: AuditStatus[];
}
interface Rebuilt {
  shards: { events: number; differences: number }[];
}

function Verdict({ audit }: { audit: AuditStatus }) {
  const { last, running, trouble, rebuilding } = audit;
  if (trouble !== undefined) return <Badge variant="error">{trouble}</Badge>;
  if (running !== undefined) {
    const { events, of } = running;
    return <Badge variant="info">under way, {percent(events, of)}</Badge>;
  }
  if (rebuilding) return <Badge variant="warning">views are being folded</Badge>;
  if (last === undefined) return <Badge variant="outline">not yet</Badge>;
  if (last.differences === 0) return <Badge variant="success">no difference</Badge>;
  return <Badge variant="error">{count(last.differences)} differences</Badge>;
}

function Audits({ audits }: { audits: Faults["audits"] }) {
  return (
    <ul className="shards">
      {audits.map((audit, index) => (
        <li key={audit.shard} className="toolbar">
          <span>Shard {index + 1}</span>
          <Verdict audit={audit} />
          <span className="small soft">
            {[
              audit.last && `${count(audit.last.events)} events, ${dateTime(audit.last.at)}`,
              audit.nextAt && `next ${dateTime(audit.nextAt).slice(0, 16)}`,
            ]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Found({ faults }: { faults: Faults["faults"] }) {
  if (faults.length === 0) {
    return <p className="small soft">Nothing was found that does not fit its history.</p>;
  }
  return (
    <ul className="stack" role="alert">
      {faults.map(({ shard, stream, seq, kind, message, at }) => (
        <li key={`${shard} ${stream} ${seq} ${kind}`}>
          <Badge variant="error">{kind}</Badge> {message}{" "}
          <span className="small soft wrap-anywhere">
            <code>{stream}</code>, event {count(seq)}, {dateTime(at)}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** Folds the views anew and puts them in place: mends what an audit found. */
function Rebuild({ onDone }: { onDone: () => void }) {
  const [isBusy, setBusy] = useState(false);
  const [text, setText] = useState("");
  const rebuild = async (): Promise<void> => {
    setBusy(true);
    setText("");
    try {
      const { shards } = await send<Rebuilt>("/audit/rebuild", {});
      const differences = shards.reduce((total, shard) => total + shard.differences, 0);
      const events = shards.reduce((total, shard) => total + shard.events, 0);
      setText(`Folded ${count(events)} events: ${count(differences)} rows were different.`);
      onDone();
    } catch (error) {
      setText(error instanceof ApiError ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="toolbar">
      <Button size="sm" loading={isBusy} onClick={() => void rebuild()}>
        Fold the views anew
      </Button>
      <span role="status" className="small soft">
        {text}
      </span>
    </div>
  );
}

export function SelfAudit() {
  const loaded = useLoad("faults", (signal) => ask<Faults>("/audit/faults", { signal }));
  const isAdmin = useSession().role === "admin";
  useAdminNews(["ViewsDiffered", "StreamForked"], loaded.reload);
  return (
    <Card title="The gateway's own audit" padded>
      <div className="stack">
        <p className="small soft">
          Once a week each shard folds its whole log anew and compares every sum and entry with what
          is shown here.
        </p>
        <Show loaded={loaded} lines={2}>
          {({ audits, faults }) => (
            <>
              <Audits audits={audits} />
              <Found faults={faults} />
            </>
          )}
        </Show>
        {isAdmin ? <Rebuild onDone={loaded.reload} /> : null}
      </div>
    </Card>
  );
}
