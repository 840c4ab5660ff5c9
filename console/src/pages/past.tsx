/** The books as of a moment: folded anew from the events up to it, beside what is known now. */
import { Button } from "@cloudflare/kumo/components/button";
import { useState } from "react";
import { readPage } from "../data/books.ts";
import { readPast, readPastPrincipal, type PastPrincipal } from "../data/record.ts";
import { setParam, useAddress, useLink } from "../data/router.ts";
import { useLoad } from "../data/use-load.ts";
import { pathOf } from "../logic/address.ts";
import { pastDimensions, readDimension, type DimensionName } from "../logic/dimensions.ts";
import { count, dateTime, isoTime, usd } from "../logic/format.ts";
import { pastLines, pastTotal, type PastLine } from "../logic/past.ts";
import { Copy } from "../ui/copy.tsx";
import { MomentField } from "../ui/moment-field.tsx";
import { Dollars } from "../ui/numbers.tsx";
import { Card, Choice, Facts, Tile } from "../ui/page.tsx";
import { Nothing, Show } from "../ui/states.tsx";

function Lines({ by, lines }: { by: DimensionName; lines: readonly PastLine[] }) {
  if (lines.length === 0) return <Nothing title="Nothing had happened by then" />;
  return (
    <div className="table-scroll">
      <table className="data">
        <thead>
          <tr>
            <th scope="col">{pastDimensions.find(({ value }) => value === by)?.title}</th>
            <th scope="col" className="end">
              Requests
            </th>
            <th scope="col" className="end">
              Tokens
            </th>
            <th scope="col" className="end">
              Cost
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, 100).map(({ name, requests, tokens, costNanos }) => (
            <tr key={name}>
              <th scope="row">{name === "" ? <span className="soft">none</span> : name}</th>
              <td className="end">{count(requests)}</td>
              <td className="end">{count(tokens)}</td>
              <td className="end">
                <Dollars nanos={costNanos} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Books({ at, by }: { at: number; by: DimensionName }) {
  const loaded = useLoad(`past ${at}`, (signal) => readPast(at, signal));
  const policy = useLoad(`policy ${at}`, (signal) =>
    readPage(
      { kind: "act", fields: { action: "policy.in-force" }, to: at + 1 },
      { limit: 1, signal },
    ),
  );
  const version = policy.data?.events[0]?.policyVersion;
  return (
    <Show loaded={loaded} lines={6}>
      {(books) => {
        const lines = pastLines(by, books.usage, books.costs);
        const total = pastTotal(lines);
        return (
          <div className="stack">
            <div className="tiles">
              <Tile label="Events in the log" value={count(books.events)} />
              <Tile label="Requests ended" value={count(total.requests)} />
              <Tile label="Cost" value={<Dollars nanos={total.costNanos} />} />
              <Tile label="Policy in force" value={version === undefined ? "–" : `${version}`} />
            </div>
            <Card
              title="What was booked"
              side={
                <Choice
                  label="Group by"
                  name="past-by"
                  value={by}
                  options={pastDimensions}
                  onChoose={(value) => setParam("by", value)}
                />
              }
            >
              <Lines by={by} lines={lines} />
            </Card>
          </div>
        );
      }}
    </Show>
  );
}

function Person({ person }: { person: PastPrincipal }) {
  return (
    <div className="stack">
      <Facts
        rows={[
          ["Last event", `${count(person.seq)}, ${dateTime(person.at)}`],
          ["Policy seen", `version ${person.policyVersion}`],
          ["Keys refused", person.fencedKeys.join(", ") || "none"],
          ["Requests open", count(person.openRequests.length)],
          ...person.budgets.map((budget): [string, string] => [
            `${budget.name} (${budget.periodKey})`,
            `${usd(budget.settledNanos)} settled, ${usd(budget.heldNanos)} held of ${usd(budget.limitNanos)}`,
          ]),
        ]}
      />
      {person.openRequests.length === 0 ? null : (
        <ul className="small">
          {person.openRequests.slice(0, 20).map(({ requestId, at, costNanos }) => (
            <li key={requestId}>
              <code>{requestId}</code>, since {dateTime(at)}, {usd(costNanos)} held
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function PersonThen({ user, at }: { user: string; at: number }) {
  const loaded = useLoad(`${user} ${at}`, (signal) => readPastPrincipal(user, at, signal));
  if (loaded.error?.status === 404) return <Nothing title={`${user} had done nothing by then`} />;
  return <Show loaded={loaded}>{(person) => <Person person={person} />}</Show>;
}

/** Who is asked about: their state is folded from their own events. */
function PersonCard({ at }: { at: number }) {
  const user = new URLSearchParams(useAddress().search).get("user") ?? "";
  const [text, setText] = useState(user);
  return (
    <Card title="One member as of then" padded>
      <form
        className="toolbar"
        onSubmit={(event) => {
          event.preventDefault();
          setParam("user", text.trim() === "" ? undefined : text.trim());
        }}
      >
        <input
          className="control"
          aria-label="Member"
          placeholder="Member"
          maxLength={200}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" size="sm">
          Show
        </Button>
      </form>
      {user === "" ? null : <PersonThen user={user} at={at} />}
    </Card>
  );
}

export function Past() {
  const params = new URLSearchParams(useAddress().search);
  const [now] = useState(() => Date.now());
  const given = Number(params.get("at") ?? Number.NaN);
  const at = Number.isSafeInteger(given) && given > 0 ? given : now;
  const history = useLink(`${pathOf("audit")}?to=${at + 1}`);
  return (
    <div className="stack">
      <Card title="The books as of a moment" padded>
        <div className="toolbar">
          <MomentField
            label="As of"
            at={at}
            onChange={(chosen) => chosen !== undefined && setParam("at", String(chosen))}
            withSeconds
          />
          <Copy exact={isoTime(at)}>{dateTime(at)}</Copy>
          <a className="text-link" {...history}>
            History until then
          </a>
        </div>
        <p className="small soft">
          Folded anew from every event up to then, not read from what is known now: what a budget
          held at noon is what it held, whatever was settled since.
        </p>
      </Card>
      <Books at={at} by={readDimension(params.get("by"), pastDimensions)} />
      <PersonCard at={at} />
    </div>
  );
}
