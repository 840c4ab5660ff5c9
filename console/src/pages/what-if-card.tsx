/** What if: the draft over recorded requests of a time, with its progress and its result. */
import { Button } from "@cloudflare/kumo/components/button";
import { useState } from "react";
import type { WhatIfResult } from "#projections/what-if/result.ts";
import { useLink } from "../data/router.ts";
import { useSession } from "../data/session.ts";
import type { DraftState } from "../data/use-draft.ts";
import { useWhatIf } from "../data/use-what-if.ts";
import { pathOf } from "../logic/address.ts";
import { count, dateTime, exactUsd, usd } from "../logic/format.ts";
import {
  mayReread,
  ruleLines,
  textsSentence,
  whatIfLines,
  whatIfPeriods,
  whatIfSentence,
  whatIfShares,
  whatIfSpan,
  type OwnSpan,
  type WhatIfPeriod,
  type WhatIfShare,
} from "../logic/what-if.ts";
import { Copy } from "../ui/copy.tsx";
import { MomentField } from "../ui/moment-field.tsx";
import { Card, Choice, Facts } from "../ui/page.tsx";
import { Progress } from "../ui/progress.tsx";
import { Ticks } from "../ui/ticks.tsx";

type GroupName = "byModel" | "byUser" | "byDay";
const groupNames: readonly { value: GroupName; title: string }[] = [
  { value: "byModel", title: "Model" },
  { value: "byUser", title: "User" },
  { value: "byDay", title: "Day" },
];

const periodOptions = Object.entries(whatIfPeriods).map(([value, { title }]) => ({
  value: value as WhatIfPeriod,
  title,
}));

const shareOptions = Object.entries(whatIfShares).map(([value, title]) => ({
  value: value as WhatIfShare,
  title,
}));

const signed = (nanos: number): string => `${nanos > 0 ? "+" : ""}${usd(nanos)}`;

function Groups({ result }: { result: WhatIfResult }) {
  const [group, setGroup] = useState<GroupName>("byModel");
  const lines = whatIfLines(result[group]);
  return (
    <div className="stack">
      <Choice
        label="Group by"
        name="what-if-by"
        value={group}
        options={groupNames}
        onChoose={setGroup}
      />
      <div className="table-scroll" tabIndex={0} role="region" aria-label="What would change">
        <table className="data">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" className="end">
                Requests
              </th>
              <th scope="col" className="end">
                Refused
              </th>
              <th scope="col" className="end">
                Let pass
              </th>
              <th scope="col" className="end">
                Cost
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.slice(0, 50).map((line) => (
              <tr key={line.name}>
                <th scope="row" className="wrap-anywhere">
                  {line.name}
                </th>
                <td className="end">{count(line.requests)}</td>
                <td className="end">{count(line.newlyRefused)}</td>
                <td className="end">{count(line.newlyAllowed)}</td>
                <td className="end">
                  <Copy exact={exactUsd(line.deltaNanos)}>{signed(line.deltaNanos)}</Copy>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function ChangedLine({ changed }: { changed: WhatIfResult["changed"][number] }) {
  const link = useLink(pathOf("requests", changed.requestId));
  const { at, user, model, code, by } = changed;
  return (
    <li>
      <a className="text-link" {...link}>
        {dateTime(at)} {user}, {model}
      </a>
      <div className="small soft">
        {code === undefined
          ? "would pass"
          : `would be refused: ${code}${by === undefined ? "" : ` by ${by}`}`}
      </div>
    </li>
  );
}

const some = (many: number): string | undefined => (many > 0 ? count(many) : undefined);

/** What data rules make of texts, and which rule, limit or budget changes how much. */
function ByRule({ result }: { result: WhatIfResult }) {
  const { newlyBlocked, newlyRedacted, texts } = result;
  const lines = ruleLines(result);
  return (
    <>
      {texts === undefined ? null : <p>{textsSentence(texts)}</p>}
      <Facts
        rows={[
          ["Newly blocked", some(newlyBlocked)],
          ["Newly hidden in", some(newlyRedacted)],
          ["Answers blocked", some(texts?.answersBlocked ?? 0)],
          ["Answers hidden in", some(texts?.answersRedacted ?? 0)],
        ]}
      />
      {lines.length === 0 ? null : (
        <ul className="small" aria-label="By rule">
          {lines.slice(0, 50).map((line) => (
            <li key={line} className="wrap-anywhere">
              {line}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Result({ result }: { result: WhatIfResult }) {
  const delta = result.costNanosAfter - result.costNanosBefore;
  return (
    <div className="stack" data-testid="what-if-result">
      <p role="status">{whatIfSentence(result)}</p>
      <Facts
        rows={[
          [
            "Cost",
            <>
              {usd(result.costNanosBefore)} → {usd(result.costNanosAfter)} (
              <Copy exact={exactUsd(delta)}>{signed(delta)}</Copy>)
            </>,
          ],
          [
            "Left out",
            result.unknownMembers > 0
              ? `${count(result.unknownMembers)} members whose books before the record are not known`
              : undefined,
          ],
          [
            "A sample",
            result.sample === undefined
              ? undefined
              : "each member taken is decided exactly; no number is scaled up to the others",
          ],
          [
            "Newly let pass",
            result.newlyAllowed > 0
              ? `at most ${usd(result.newlyAllowedBoundNanos)}; what they would have used is not known`
              : undefined,
          ],
          [
            "Not decided again",
            result.countedRefusals > 0
              ? `${count(result.countedRefusals)} refusals, of which only counts are kept`
              : undefined,
          ],
        ]}
      />
      <ByRule result={result} />
      {result.requests === 0 ? null : <Groups result={result} />}
      {result.changed.length === 0 ? null : (
        <details>
          <summary>{count(result.changed.length)} requests that change, the oldest first</summary>
          <ul className="stack" style={{ paddingTop: 8 }}>
            {result.changed.slice(0, 50).map((changed) => (
              <ChangedLine key={changed.requestId} changed={changed} />
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function Span(props: { own: OwnSpan; onChange: (own: OwnSpan) => void }) {
  const { own, onChange } = props;
  return (
    <div className="toolbar">
      {(["from", "to"] as const).map((end) => (
        <MomentField
          key={end}
          label={end === "from" ? "Decided from" : "Decided before"}
          at={own[end]}
          onChange={(at) => onChange({ ...own, [end]: at })}
        />
      ))}
    </div>
  );
}

function Texts(props: { chosen: "texts"[]; onChange: (chosen: "texts"[]) => void }) {
  const options = [{ value: "texts", title: "read them again" }] as const;
  return <Ticks title="Kept texts" options={options} {...props} />;
}

function Running(props: {
  state: { done: number; of: number; texts?: number };
  onStop: () => void;
}) {
  const { done, of, texts } = props.state;
  return (
    <>
      <Progress label="Events looked at" done={done} of={of} onStop={props.onStop} />
      {texts === undefined ? null : <span className="small soft">{count(texts)} texts read</span>}
    </>
  );
}

export function WhatIfCard({ state: draft }: { state: DraftState }) {
  const { state, start, stop } = useWhatIf();
  const [period, setPeriod] = useState<WhatIfPeriod>("7d");
  const [own, setOwn] = useState<OwnSpan>({});
  const [share, setShare] = useState<WhatIfShare>("1");
  const [extras, setExtras] = useState<"texts"[]>([]);
  const canReread = mayReread(useSession().role, draft.draft.base.document);
  const isReady = draft.checked?.valid === true;
  const run = (): void => {
    const document: unknown = JSON.parse(draft.draft.text);
    const span = whatIfSpan(period, Date.now(), own);
    const texts = canReread && extras.includes("texts") ? { texts: true as const } : {};
    void start({ document, ...span, sample: Number(share), ...texts });
  };
  return (
    <Card
      title="What if"
      side={<span className="small soft">{draft.isDirty ? "the draft" : "the live version"}</span>}
      padded
    >
      <div className="stack">
        <p className="small soft">
          Recorded requests are decided again under this document, with the books as they were.
        </p>
        <Choice
          label="Period"
          name="what-if-period"
          value={period}
          options={periodOptions}
          onChoose={setPeriod}
        />
        {period === "own" ? <Span own={own} onChange={setOwn} /> : null}
        <Choice
          label="Members"
          name="what-if-share"
          value={share}
          options={shareOptions}
          onChoose={setShare}
        />
        {canReread ? <Texts chosen={extras} onChange={setExtras} /> : null}
        {state.kind === "running" ? (
          <Running state={state} onStop={stop} />
        ) : (
          <div className="toolbar">
            <Button onClick={run} disabled={!isReady}>
              Ask
            </Button>
            {state.kind === "idle" && state.note !== undefined ? (
              <span role="status">{state.note}</span>
            ) : null}
          </div>
        )}
        {state.kind === "done" ? <Result result={state.result} /> : null}
      </div>
    </Card>
  );
}
