/** What a draft in the shadow would have changed so far: all, by rule, by member. */
import { useState } from "react";
import { useShadowReport } from "../data/use-shadow.ts";
import { count } from "../logic/format.ts";
import { differing, shadowSentence, shadowWays, type ShadowLine } from "../logic/shadow.ts";
import { Choice, Facts } from "../ui/page.tsx";
import { Show } from "../ui/states.tsx";

const groups = [
  { value: "rules", title: "Rule" },
  { value: "users", title: "Member" },
] as const;
type Group = (typeof groups)[number]["value"];

const linesShown = 50;

/** The ways in which a line differs, as one text: most columns would be empty. */
function waysOf(line: ShadowLine): string {
  return shadowWays
    .filter(({ name }) => line[name] > 0)
    .map(({ name, title }) => `${title.toLowerCase()} ${count(line[name])}`)
    .join(", ");
}

function Lines({ lines }: { lines: readonly ShadowLine[] }) {
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="What would differ">
      <table className="data">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col" className="end">
              Differ
            </th>
            <th scope="col">How</th>
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, linesShown).map((line) => (
            <tr key={line.name}>
              <th scope="row" className="wrap-anywhere">
                {line.name}
              </th>
              <td className="end">{count(differing(line))}</td>
              <td className="small">{waysOf(line)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function ShadowReportView({ draft }: { draft: number }) {
  const loaded = useShadowReport(draft);
  const [group, setGroup] = useState<Group>("rules");
  return (
    <Show loaded={loaded} lines={3}>
      {({ total, ...lists }) => (
        <div className="stack">
          <p role="status">{shadowSentence(total)}</p>
          <Facts
            rows={[
              ...shadowWays.map(({ name, title }): [string, string | undefined] => [
                title,
                total[name] > 0 ? count(total[name]) : undefined,
              ]),
              ["Not decided", total.undecided > 0 ? count(total.undecided) : undefined],
              [
                "Not asked",
                total.unshared > 0
                  ? `${count(total.unshared)}, for budgets and rates of a team or the organisation`
                  : undefined,
              ],
            ]}
          />
          {lists.rules.length + lists.users.length === 0 ? null : (
            <>
              <Choice
                label="Group by"
                name="shadow-by"
                value={group}
                options={groups}
                onChoose={setGroup}
              />
              <Lines lines={lists[group]} />
            </>
          )}
        </div>
      )}
    </Show>
  );
}
