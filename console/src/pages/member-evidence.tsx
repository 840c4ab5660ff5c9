/** What the log has of one person, with its proofs, as a file that anyone can verify. */
import { Button } from "@cloudflare/kumo/components/button";
import { DownloadSimple } from "@phosphor-icons/react";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { save } from "../data/export.ts";
import { collectEvidence } from "../data/member-evidence.ts";
import { useMembers } from "../data/policy.ts";
import { useSession } from "../data/session.ts";
import { count } from "../logic/format.ts";
import { Card } from "../ui/page.tsx";

type Progress =
  | { kind: "idle" }
  | { kind: "running"; events: number }
  | { kind: "done"; text: string };

/** One file at a time, and where it stands. */
function useEvidence() {
  const [progress, setProgress] = useState<Progress>({ kind: "idle" });
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const onProgress = (events: number): void => setProgress({ kind: "running", events });
  const start = async (member: string): Promise<void> => {
    controller.current = new AbortController();
    const { signal } = controller.current;
    onProgress(0);
    try {
      const { blob, events } = await collectEvidence({ member, signal, onProgress });
      save(blob, `tallygate-evidence-${member.replaceAll(/[^\w.-]/g, "_")}.ndjson`);
      setProgress({ kind: "done", text: `${count(events)} events of ${member} saved.` });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      setProgress({ kind: "done", text: signal.aborted ? "Stopped, nothing was saved." : message });
    }
  };
  return { progress, start, stop: () => controller.current?.abort() };
}

/** The button that begins or stops, and where it stands. */
function Download(props: { evidence: ReturnType<typeof useEvidence>; onStart?: () => void }) {
  const { progress, stop } = props.evidence;
  return (
    <>
      {progress.kind === "running" ? (
        <Button type="button" onClick={stop}>
          Stop
        </Button>
      ) : (
        <Button
          type={props.onStart === undefined ? "submit" : "button"}
          icon={<DownloadSimple size={14} />}
          {...(props.onStart === undefined ? {} : { onClick: props.onStart })}
        >
          Download
        </Button>
      )}
      <span role="status" className="small soft">
        {progress.kind === "running" ? `${count(progress.events)} events …` : null}
        {progress.kind === "done" ? progress.text : null}
      </span>
    </>
  );
}

/** A member's own: nobody has to ask an auditor for what the log has of them. */
export function OwnEvidence() {
  const { member } = useSession();
  const evidence = useEvidence();
  return (
    <Card title="What the log has of you" padded>
      <div className="stack">
        <p className="small soft">
          Every archived event of yours with its proof, as a file that <code>tallygate verify</code>{" "}
          checks against the gateway's public key. No prompt and no answer is in it.
        </p>
        <div className="toolbar">
          <Download evidence={evidence} onStart={() => void evidence.start(member)} />
        </div>
      </div>
    </Card>
  );
}

export function MemberEvidence() {
  const members = useMembers();
  const [member, setMember] = useState("");
  const evidence = useEvidence();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (member.trim() !== "") void evidence.start(member.trim());
  };
  return (
    <Card title="Evidence about a person" padded>
      <div className="stack">
        <p className="small soft">
          Every archived event of theirs with its proof: whoever has the gateway's public key finds
          out what was changed or left out, with <code>tallygate verify</code>.
        </p>
        <form className="toolbar" onSubmit={submit}>
          <input
            className="control"
            aria-label="Whose evidence"
            placeholder="Member"
            list="evidence-members"
            maxLength={200}
            required
            value={member}
            onChange={(event) => setMember(event.target.value)}
          />
          <datalist id="evidence-members">
            {(members.data?.members ?? []).map(({ id }) => (
              <option key={id} value={id} />
            ))}
          </datalist>
          <Download evidence={evidence} />
        </form>
      </div>
    </Card>
  );
}
