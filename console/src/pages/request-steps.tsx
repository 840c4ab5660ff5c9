/** A request's way through the gateway, step by step, as its entry tells it. */
import type { ReactNode } from "react";
import type { Entry } from "../data/books.ts";
import { dateTime, duration, usd } from "../logic/format.ts";
import { shadowOutcome } from "../logic/shadow.ts";
import { Card } from "../ui/page.tsx";

type Tone = "good" | "bad" | "plain";

function Step(props: { tone: Tone; title: ReactNode; children?: ReactNode }) {
  return (
    <li data-tone={props.tone}>
      <div>{props.title}</div>
      {props.children === undefined ? null : <div className="small soft">{props.children}</div>}
    </li>
  );
}

function found(entry: Entry, direction: "prompt" | "answer"): string | undefined {
  const rules = entry.findings.filter((finding) => finding.direction === direction);
  if (rules.length === 0) return undefined;
  return rules.map(({ rule, action, count }) => `${rule}: ${action} ×${count}`).join(", ");
}

function Attempts({ entry }: { entry: Entry }) {
  return (entry.attempts ?? []).map(
    ({ provider, model, credential, status, code, latencyMs, costNanos, role }, index) => (
      <Step
        key={`${index} ${provider}`}
        tone={status >= 200 && status < 300 ? "good" : "bad"}
        title={
          role === "guard"
            ? `The prompt guard asked ${model}`
            : `${provider} was asked for ${model}`
        }
      >
        {status === 0 ? "no answer" : `HTTP ${status}`}
        {code === undefined ? "" : ` (${code})`}
        {credential === undefined ? "" : `, with credential ${credential}`}, {duration(latencyMs)},{" "}
        {usd(costNanos)}
      </Step>
    ),
  );
}

const ends: Partial<Record<Entry["outcome"], [Tone, string]>> = {
  admitted: ["plain", "It is running; its hold stands until it settles"],
  completed: ["good", "Answered and settled: its true cost took the place of its hold"],
  failed: ["bad", "It failed; what it used is settled"],
  aborted: ["plain", "The caller left; what was seen until then is settled"],
  blocked: ["bad", "A data rule kept the answer back"],
  cut: ["bad", "The answer was cut where it would have passed its hold"],
  released: ["plain", "No provider was reached; its hold was given back"],
  expired: ["bad", "No settlement came; its worst case is charged"],
};

export function Steps({ entry }: { entry: Entry }) {
  const prompt = found(entry, "prompt");
  const answer = found(entry, "answer");
  const [tone, end] = ends[entry.outcome] ?? [];
  const text = entry.code === "guard_blocked" ? "The prompt guard blocked it" : end;
  return (
    <Card title="Steps" padded>
      <ol className="timeline">
        <Step tone="plain" title={`${entry.user} asked for ${entry.modelAsked ?? "a model"}`}>
          {dateTime(entry.at)}
        </Step>
        {prompt === undefined ? null : (
          <Step
            tone={entry.dlp === "blocked" ? "bad" : "plain"}
            title="Data rules found something in the prompt"
          >
            {prompt}
          </Step>
        )}
        {entry.outcome === "refused" ? (
          <Step tone="bad" title={`Refused: ${entry.code ?? "by policy"}`}>
            {entry.by === undefined
              ? "Nothing was held, no provider was called."
              : `By ${entry.by}. Nothing was held, no provider was called.`}
          </Step>
        ) : (
          <Step tone="good" title={`Admitted under policy version ${entry.policyVersion ?? "?"}`}>
            Its worst case was held against every budget
          </Step>
        )}
        {entry.shadow === undefined ? null : (
          <Step tone="plain" title={`Draft ${entry.shadow.draft} in the shadow decided too`}>
            {shadowOutcome(entry.shadow)}
          </Step>
        )}
        <Attempts entry={entry} />
        {answer === undefined ? null : (
          <Step tone="plain" title="Data rules found something in the answer">
            {answer}
          </Step>
        )}
        {text === undefined || tone === undefined ? null : (
          <Step tone={tone} title={text}>
            {entry.latencyMs === undefined ? undefined : `${duration(entry.latencyMs)} in all`}
          </Step>
        )}
      </ol>
    </Card>
  );
}
