/** One entry of the books: what was decided and why, what it cost, and the events that prove it. */
import { Button } from "@cloudflare/kumo/components/button";
import { ArrowLeft } from "@phosphor-icons/react";
import { readEntry, type Entry } from "../data/books.ts";
import { useLoad } from "../data/use-load.ts";
import { useTail } from "../data/use-tail.ts";
import { actSentence } from "../logic/acts.ts";
import { dateTime, isoTime } from "../logic/format.ts";
import { Copy } from "../ui/copy.tsx";
import { Dlp, Outcome } from "../ui/outcome.tsx";
import { Count, Dollars, Lasted } from "../ui/numbers.tsx";
import { Card, Facts, Page } from "../ui/page.tsx";
import { Nothing, Show } from "../ui/states.tsx";
import { ChainCard } from "./chain-card.tsx";
import { ExplainCard } from "./explain-card.tsx";
import { FeedbackCard } from "./feedback-card.tsx";
import { PayloadCard } from "./payload-card.tsx";
import { Steps } from "./request-steps.tsx";

const copied = (text: string | undefined, short?: number) =>
  text === undefined ? undefined : (
    <Copy exact={text}>
      <code>{short === undefined ? text : `${text.slice(0, short)}…`}</code>
    </Copy>
  );

function Who({ entry }: { entry: Entry }) {
  return (
    <Card title="Who and what" padded>
      <Facts
        rows={[
          [
            "When",
            <Copy key="at" exact={isoTime(entry.at)}>
              {dateTime(entry.at)}
            </Copy>,
          ],
          ["User", entry.user || "the system"],
          ["Team", entry.team],
          ["Tier", entry.tier],
          ["Key", copied(entry.keyId)],
          ["Route", entry.route],
          ["Tags", entry.tags?.join(", ")],
          ["Action", entry.action],
          ["Resource", entry.resource],
          ["From", entry.ip],
          ["Client", entry.userAgent],
          ["Way of speaking", entry.dialect],
          ["Streaming", entry.streaming === undefined ? undefined : entry.streaming ? "yes" : "no"],
          ["Metadata", entry.metadata && <code>{JSON.stringify(entry.metadata)}</code>],
        ]}
      />
    </Card>
  );
}

const number = (value: number | undefined) =>
  value === undefined ? undefined : <Count value={value} />;

function Money({ entry }: { entry: Entry }) {
  const { costNanos, inputTokens } = entry;
  if (costNanos === undefined && inputTokens === undefined) return null;
  return (
    <Card title="Tokens and cost" padded>
      <Facts
        rows={[
          ["Tokens in", number(inputTokens)],
          ["of them cached", entry.cachedTokens ? number(entry.cachedTokens) : undefined],
          ["Tokens out", number(entry.outputTokens)],
          ["Cost", costNanos === undefined ? undefined : <Dollars nanos={costNanos} />],
          [
            "Booked at first",
            entry.bookedNanos === undefined ? undefined : <Dollars nanos={entry.bookedNanos} />,
          ],
          [
            "Changed by",
            entry.correction === undefined ? undefined : `price correction ${entry.correction}`,
          ],
          [
            "Saved",
            entry.savedNanos === undefined ? undefined : <Dollars nanos={entry.savedNanos} />,
          ],
          [
            "Given back",
            entry.refundNanos === undefined ? undefined : <Dollars nanos={entry.refundNanos} />,
          ],
          [
            "Usage",
            entry.estimated === undefined
              ? undefined
              : entry.estimated
                ? "bounded from what was seen"
                : "as the provider reported",
          ],
          ["Price book", entry.priceBook],
          ["Cache", entry.cache],
          ["Latency", entry.latencyMs === undefined ? undefined : <Lasted ms={entry.latencyMs} />],
          [
            "First byte",
            entry.firstByteMs === undefined ? undefined : <Lasted ms={entry.firstByteMs} />,
          ],
        ]}
      />
    </Card>
  );
}

function Rules({ entry }: { entry: Entry }) {
  return (
    <Card title="Decision" padded>
      <div className="stack">
        <Facts
          rows={[
            ["Outcome", <Outcome key="outcome" outcome={entry.outcome} />],
            ["Answered with", entry.status],
            ["Why", entry.code && <code>{entry.code}</code>],
            ["By", entry.by],
            ["Finish", entry.finish],
            ["Policy", entry.policyVersion && `version ${entry.policyVersion}`],
            ["Policy's hash", copied(entry.policyHash, 16)],
            ["Prompt's hash", copied(entry.promptHash, 16)],
            ["Answer's hash", copied(entry.answerHash, 16)],
            [
              "Guard",
              entry.guard && `${entry.guard.action}, score ${entry.guard.score.toFixed(2)}`,
            ],
            [
              "Not looked for",
              entry.unsearched &&
                `what ${entry.unsearched.rules.join(", ")} would find: the service failed (${entry.unsearched.failure})`,
            ],
            [
              "Data rules",
              entry.dlp === "none" ? "nothing found" : <Dlp key="dlp" dlp={entry.dlp} />,
            ],
          ]}
        />
        {entry.findings.length === 0 ? null : <Findings entry={entry} />}
      </div>
    </Card>
  );
}

/** What rules found: how often and how long, never the text itself; that is kept nowhere. */
function Findings({ entry }: { entry: Entry }) {
  return (
    <div className="table-scroll">
      <table className="data">
        <caption className="visually-hidden">Findings of the data rules</caption>
        <thead>
          <tr>
            <th scope="col">Rule</th>
            <th scope="col">In</th>
            <th scope="col">Done</th>
            <th scope="col" className="end">
              Times
            </th>
          </tr>
        </thead>
        <tbody>
          {entry.findings.map((finding) => (
            <tr key={JSON.stringify(finding)}>
              <th scope="row">{finding.rule}</th>
              <td>
                {finding.direction}, {finding.channel}
              </td>
              <td>
                {finding.action}
                {finding.enforced ? "" : " (only watched)"}
              </td>
              <td className="end" title={`lengths: ${finding.lengths.join(", ")}`}>
                {finding.count}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function titleOf(entry: Entry | undefined): string {
  if (entry === undefined) return "Request";
  if (entry.kind === "act") return actSentence(entry);
  if (entry.kind === "access") return `${entry.user} read ${entry.action}`;
  return entry.modelAsked === undefined ? "Request" : `${entry.modelAsked} for ${entry.user}`;
}

export function RequestDetail({ id }: { id: string }) {
  const loaded = useLoad(id, (signal) => readEntry(id, signal));
  const entry = loaded.data;
  const isMissing = loaded.error?.status === 404;
  const isMoving = isMissing || entry?.outcome === "admitted";
  // What is not in the books yet, its end, feedback and corrections: the tail tells of each.
  useTail(
    { user: entry?.user },
    {
      entries: (entries) => entries.some((each) => each.id === id) && loaded.reload(),
      // It may have happened between the answer and this; what is final is read, and noted, once.
      opened: (isFirst) => (isMoving || !isFirst) && loaded.reload(),
    },
    isMissing || entry?.kind === "request",
  );
  return (
    <Page
      title={titleOf(entry)}
      about={
        <Copy exact={id}>
          <code>{id}</code>
        </Copy>
      }
      actions={
        <Button icon={<ArrowLeft size={16} />} onClick={() => history.back()}>
          Back
        </Button>
      }
    >
      {isMissing ? (
        <Nothing title="There is no such entry">
          It may be a moment too early: entries are in the books within two seconds, and this one
          shows up by itself once it is.
        </Nothing>
      ) : (
        <Show loaded={loaded} lines={8}>
          {(shown) => (
            <div className="columns">
              <div className="stack">
                <Rules entry={shown} />
                <Money entry={shown} />
                <FeedbackCard entry={shown} />
                <Who entry={shown} />
              </div>
              <div className="stack">
                {shown.kind === "request" ? <Steps entry={shown} /> : null}
                {shown.kind === "request" ? <PayloadCard entry={shown} /> : null}
                {shown.kind === "request" ? <ExplainCard id={id} /> : null}
                <ChainCard id={id} own={shown.source.seqs} />
              </div>
            </div>
          )}
        </Show>
      )}
    </Page>
  );
}
