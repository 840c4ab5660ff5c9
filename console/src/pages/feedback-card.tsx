/** What people said of an answer afterwards. */
import type { Entry } from "../data/books.ts";
import { dateTime } from "../logic/format.ts";
import { Card, Facts } from "../ui/page.tsx";

const words: Readonly<Record<string, string>> = { "1": "good", "0": "neither", "-1": "bad" };

export function FeedbackCard({ entry: { feedback } }: { entry: Entry }) {
  if (feedback === undefined) return null;
  const { value, score, metadata, by, at } = feedback;
  return (
    <Card title="Feedback" padded>
      <Facts
        rows={[
          ["Verdict", value === undefined ? undefined : (words[String(value)] ?? value)],
          ["Score", score === undefined ? undefined : `${score} of 100`],
          ["Metadata", metadata && <code>{JSON.stringify(metadata)}</code>],
          ["Given by", by],
          ["At", dateTime(at)],
        ]}
      />
    </Card>
  );
}
