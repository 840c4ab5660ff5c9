/** What another number would have done to recorded requests: decided again, before anything is published. */
import { useEffect } from "react";
import type { PolicyDocument } from "#policy/document.ts";
import { useWhatIf } from "../data/use-what-if.ts";
import { count, dateTime } from "../logic/format.ts";
import { whatIfLines, whatIfSentence } from "../logic/what-if.ts";
import { Progress } from "../ui/progress.tsx";

/** Long enough to type a number in one go: each question is in the books. */
const pauseMs = 600;
const usersShown = 5;

export function Replayed({ since, document }: { since: number; document: PolicyDocument }) {
  const { state, start, stop } = useWhatIf();
  const text = JSON.stringify(document);
  useEffect(() => {
    const timer = setTimeout(
      () => void start({ document: JSON.parse(text) as unknown, from: String(since), sample: 1 }),
      pauseMs,
    );
    return () => clearTimeout(timer);
  }, [text, since]);
  return (
    <div className="effect stack" data-testid="effect">
      <p className="small soft">
        Requests since {dateTime(since)}, decided again under the new number.
      </p>
      {state.kind === "running" ? (
        <Progress label="Events looked at" done={state.done} of={state.of} onStop={stop} />
      ) : null}
      {state.kind === "idle" && state.note !== undefined ? <p role="status">{state.note}</p> : null}
      {state.kind === "done" ? (
        <>
          <p role="status">{whatIfSentence(state.result)}</p>
          <Changed groups={state.result.byUser} />
        </>
      ) : null}
    </div>
  );
}

function Changed({ groups }: { groups: Parameters<typeof whatIfLines>[0] }) {
  const lines = whatIfLines(groups).filter(
    ({ newlyRefused, newlyAllowed }) => newlyRefused + newlyAllowed > 0,
  );
  if (lines.length === 0) return null;
  return (
    <ul className="small">
      {lines.slice(0, usersShown).map(({ name, newlyRefused, newlyAllowed }) => (
        <li key={name}>
          {name}: {count(newlyRefused)} refused, {count(newlyAllowed)} let pass
        </li>
      ))}
      {lines.length > usersShown ? <li>and {lines.length - usersShown} more</li> : null}
    </ul>
  );
}
