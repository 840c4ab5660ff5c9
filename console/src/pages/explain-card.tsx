/** "Explain this decision": its limits as they stood, and the same decision made again today. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { Button } from "@cloudflare/kumo/components/button";
import { DownloadSimple } from "@phosphor-icons/react";
import { useState } from "react";
import { diffPolicies } from "#policy/diff.ts";
import { save } from "../data/export.ts";
import { explain, readEvidence, type Explained } from "../data/record.ts";
import { useLoad } from "../data/use-load.ts";
import { decisionSentence, explainedLimits } from "../logic/explain.ts";
import { percent } from "../logic/format.ts";
import { Card } from "../ui/page.tsx";
import { Show } from "../ui/states.tsx";
import { Changes } from "./policy-changes.tsx";

function Limits({ explained }: { explained: Explained }) {
  const limits = explainedLimits(explained.limits);
  if (limits.length === 0) return <p className="soft">No limit and no budget applied.</p>;
  return (
    <div className="table-scroll">
      <table className="data">
        <caption className="visually-hidden">Limits just before the decision</caption>
        <thead>
          <tr>
            <th scope="col">Limit</th>
            <th scope="col">Counts</th>
            <th scope="col" className="end">
              Left
            </th>
            <th scope="col" className="end">
              Of
            </th>
          </tr>
        </thead>
        <tbody>
          {limits.map(({ name, what, left, limit, used, isSpent }) => (
            <tr key={`${name} ${what}`}>
              <th scope="row">{name}</th>
              <td>{what}</td>
              <td className="end">
                {isSpent ? <Badge variant="error">{left}</Badge> : left}
                <span className="visually-hidden">, {percent(used, 1)} was used</span>
              </td>
              <td className="end">{limit}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Verdict({ explained }: { explained: Explained }) {
  const { recorded, decided, same } = explained;
  return (
    <div className="stack">
      <p>{decisionSentence(recorded)}</p>
      <p role="status">
        <Badge variant={same ? "success" : "warning"}>{same ? "the same" : "different"}</Badge>{" "}
        {same
          ? "Made again now, from the events before it and the request as it was asked, the decision is the recorded one, to the letter."
          : decided === null
            ? "The request as recorded cannot be decided again."
            : "Made again now it differs; this is what differs:"}
      </p>
      {same || decided === null ? null : <Changes changes={diffPolicies(recorded, decided)} />}
      <h3>Limits just before it</h3>
      <Limits explained={explained} />
    </div>
  );
}

function Explanation({ id }: { id: string }) {
  const loaded = useLoad(id, (signal) => explain(id, signal));
  return <Show loaded={loaded}>{(explained) => <Verdict explained={explained} />}</Show>;
}

/** Saves the evidence; tells how that went. */
function EvidenceButton({ id }: { id: string }) {
  const [state, setState] = useState<{ isBusy: boolean; text?: string }>({ isBusy: false });
  const fetchIt = async (): Promise<void> => {
    setState({ isBusy: true });
    try {
      const evidence = await readEvidence(id);
      const blob = new Blob([JSON.stringify(evidence)], { type: "application/json" });
      save(blob, `tallygate-evidence-${id}.json`);
      setState({ isBusy: false, text: `${evidence.events.length} events with their proofs saved` });
    } catch (error) {
      setState({ isBusy: false, text: error instanceof Error ? error.message : String(error) });
    }
  };
  return (
    <>
      <Button
        size="sm"
        icon={<DownloadSimple size={14} />}
        loading={state.isBusy}
        onClick={() => void fetchIt()}
      >
        Evidence
      </Button>
      {state.text === undefined ? null : (
        <span role="status" className="small soft">
          {state.text}
        </span>
      )}
    </>
  );
}

export function ExplainCard({ id }: { id: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Card title="Why, and the proof" padded>
      <div className="stack">
        <div className="toolbar">
          {isOpen ? null : (
            <Button size="sm" onClick={() => setOpen(true)}>
              Explain this decision
            </Button>
          )}
          <EvidenceButton id={id} />
        </div>
        {isOpen ? <Explanation id={id} /> : null}
        <p className="small soft">
          Evidence is a file that anyone can check with the gateway's public key alone:{" "}
          <code>tallygate verify evidence.json</code>
        </p>
      </div>
    </Card>
  );
}
