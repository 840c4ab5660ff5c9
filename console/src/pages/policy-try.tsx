/** Tries a text against the data rules of the draft: what would be found, and what would be left. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { Button } from "@cloudflare/kumo/components/button";
import { useState, type FormEvent } from "react";
import { ApiError, send } from "../data/api.ts";
import type { DraftState } from "../data/use-draft.ts";
import { Card, Choice } from "../ui/page.tsx";

interface ScanAnswer {
  redacted: string;
  findings: { rule: string; detector: string; action: string; enforced: boolean; count: number }[];
  blockedBy: string | null;
  patternCosts: Record<string, "small" | "medium" | "large">;
}

type Direction = "prompt" | "answer";

/** The draft's rules, when it is valid; those in force otherwise. */
function rulesOf({ isDirty, checked, draft }: DraftState): unknown {
  if (!isDirty || checked?.valid !== true) return undefined;
  return (JSON.parse(draft.text) as { dlp?: { rules?: unknown } }).dlp?.rules ?? [];
}

/** What the rules' own patterns cost: each is a pass of its own over every text. */
function PatternCosts({ costs }: { costs: ScanAnswer["patternCosts"] }) {
  const rules = Object.entries(costs);
  if (rules.length === 0) return null;
  return (
    <p className="small soft">
      Patterns of your own, each a pass over the text:{" "}
      {rules.map(([rule, cost]) => `${rule} (${cost})`).join(", ")}
    </p>
  );
}

function Result({ answer }: { answer: ScanAnswer }) {
  return (
    <div role="status" className="stack" style={{ gap: 8 }}>
      {answer.blockedBy === null ? null : (
        <div>
          <Badge variant="error">blocked</Badge> by {answer.blockedBy}
        </div>
      )}
      {answer.findings.length === 0 ? (
        <span className="soft">Nothing was found: the text passes as it is.</span>
      ) : (
        <ul>
          {answer.findings.map(({ rule, action, enforced, count }) => (
            <li key={`${rule} ${action}`}>
              <strong>{rule}</strong>: {action} ×{count}
              {enforced ? "" : " (only watched)"}
            </li>
          ))}
        </ul>
      )}
      {answer.blockedBy === null && answer.findings.length > 0 ? (
        <pre className="json" tabIndex={0}>
          {answer.redacted}
        </pre>
      ) : null}
      <PatternCosts costs={answer.patternCosts} />
    </div>
  );
}

export function TryText({ state }: { state: DraftState }) {
  const [text, setText] = useState("");
  const [direction, setDirection] = useState<Direction>("prompt");
  const [answer, setAnswer] = useState<ScanAnswer>();
  const [message, setMessage] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const rules = rulesOf(state);
  const scan = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setMessage(undefined);
    send<ScanAnswer>("/dlp/scan", { text, direction, ...(rules === undefined ? {} : { rules }) })
      .then(setAnswer, (error: unknown) =>
        setMessage(error instanceof ApiError ? error.message : String(error)),
      )
      .finally(() => setBusy(false));
  };
  return (
    <Card
      title="Try a text"
      side={
        <span className="small soft">
          {rules === undefined ? "live rules" : "the draft's rules"}
        </span>
      }
    >
      <form className="card-body stack" onSubmit={scan}>
        <label className="field">
          <span>It is checked as data rules would, and kept nowhere.</span>
          <textarea
            className="control"
            rows={3}
            required
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        <div className="toolbar" style={{ justifyContent: "space-between" }}>
          <Choice
            label="Direction"
            name="direction"
            value={direction}
            options={[
              { value: "prompt", title: "As a prompt" },
              { value: "answer", title: "As an answer" },
            ]}
            onChoose={setDirection}
          />
          <Button type="submit" loading={isBusy}>
            Try
          </Button>
        </div>
        {message === undefined ? null : <p role="alert">{message}</p>}
        {answer === undefined ? null : <Result answer={answer} />}
      </form>
    </Card>
  );
}
