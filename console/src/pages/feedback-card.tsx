/** What people said of an answer afterwards, and a form to say it. */
import { Button } from "@cloudflare/kumo/components/button";
import { useState, type FormEvent } from "react";
import { giveFeedback, type Entry } from "../data/books.ts";
import { dateTime } from "../logic/format.ts";
import { Card, Choice, Facts } from "../ui/page.tsx";

const words: Readonly<Record<string, string>> = { "1": "good", "0": "neither", "-1": "bad" };

const verdicts = [
  { value: "1", title: "Good" },
  { value: "0", title: "Neither" },
  { value: "-1", title: "Bad" },
] as const;
type Verdict = (typeof verdicts)[number]["value"];

function Given({ feedback }: { feedback: NonNullable<Entry["feedback"]> }) {
  const { value, score, metadata, by, at } = feedback;
  return (
    <Facts
      rows={[
        ["Verdict", value === undefined ? undefined : (words[String(value)] ?? value)],
        ["Score", score === undefined ? undefined : `${score} of 100`],
        ["Metadata", metadata && <code>{JSON.stringify(metadata)}</code>],
        ["Given by", by],
        ["At", dateTime(at)],
      ]}
    />
  );
}

/** The page shows what was said once the books have it: the live tail tells. */
function Form({ entry: { id, feedback } }: { entry: Entry }) {
  const known = feedback?.value === undefined ? "1" : String(feedback.value);
  const [verdict, setVerdict] = useState(known as Verdict);
  const [score, setScore] = useState(String(feedback?.score ?? ""));
  const [said, setSaid] = useState("");
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const more = score.trim() === "" ? {} : { score: Number(score) };
    setSaid("Saving …");
    try {
      await giveFeedback(id, { feedback: Number(verdict), ...more });
      setSaid("It is in the books.");
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form className="toolbar" onSubmit={(event) => void submit(event)}>
      <Choice
        label="Verdict"
        name="feedback"
        value={verdict}
        options={verdicts}
        onChoose={setVerdict}
      />
      <input
        className="control score"
        aria-label="Score, 0 to 100"
        placeholder="Score"
        type="number"
        min={0}
        max={100}
        step="any"
        value={score}
        onChange={(event) => setScore(event.target.value)}
      />
      <Button type="submit" size="sm">
        Give feedback
      </Button>
      <span role="status" className="small soft">
        {said}
      </span>
    </form>
  );
}

export function FeedbackCard({ entry }: { entry: Entry }) {
  const { feedback } = entry;
  if (entry.kind !== "request" || entry.outcome === "admitted") return null;
  return (
    <Card title="Feedback" padded>
      <div className="stack">
        {feedback === undefined ? null : <Given feedback={feedback} />}
        <Form entry={entry} />
      </div>
    </Card>
  );
}
