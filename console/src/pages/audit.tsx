/** Everything that happened: requests, reads, admins' acts; filtered, and to take away. */
import { lazy, Suspense } from "react";
import { useAddress } from "../data/router.ts";
import { pathOf } from "../logic/address.ts";
import { kinds, readFilter, writeFilter, type Kind } from "../logic/filters.ts";
import { go } from "../data/router.ts";
import { Choice, Page } from "../ui/page.tsx";
import { Skeleton } from "../ui/states.tsx";
import { SubNav } from "../ui/subnav.tsx";
import { auditColumns } from "./entry-columns.tsx";
import { EntryList } from "./entry-list.tsx";
import { ExportButtons } from "./export-buttons.tsx";
import { RequestDetail } from "./request-detail.tsx";

const Past = lazy(async () => ({ default: (await import("./past.tsx")).Past }));
const Persons = lazy(async () => ({ default: (await import("./persons.tsx")).Persons }));
const SelfAudit = lazy(async () => ({ default: (await import("./self-audit.tsx")).SelfAudit }));
const Verify = lazy(async () => ({ default: (await import("./verify.tsx")).Verify }));

type Shown = Exclude<Kind, "refusals"> | "all";
const options: readonly { value: Shown; title: string }[] = [
  { value: "all", title: "All" },
  { value: "act", title: "Acts" },
  { value: "access", title: "Reads" },
  { value: "request", title: "Requests" },
];

function KindChoice() {
  const { path, search } = useAddress();
  const filter = readFilter(search);
  const choose = (value: Shown): void => {
    const { kind: _old, ...rest } = filter;
    const kind = kinds.find((known) => known === value);
    const text = writeFilter(kind === undefined ? rest : { ...rest, kind });
    go(text === "" ? path : `${path}?${text}`, { replace: true });
  };
  const value = options.find((option) => option.value === filter.kind)?.value ?? "all";
  return <Choice label="Kind" name="kind" value={value} options={options} onChoose={choose} />;
}

const views = [
  { title: "History", rest: undefined },
  { title: "As of a moment", rest: "as-of" },
  { title: "Verify", rest: "verify" },
  { title: "Persons", rest: "persons" },
] as const;

function History() {
  return (
    <EntryList
      columns={auditColumns}
      fields={["user", "action", "resource", "outcome"]}
      more={["team", "dlp", "code"]}
      empty="No entry fits"
      side={(filter) => <ExportButtons filter={filter} />}
    />
  );
}

export function Audit({ rest }: { rest: string | undefined }) {
  const view = views.find((known) => known.rest === rest);
  // What is no view is an entry's id.
  if (view === undefined) return <RequestDetail id={rest ?? ""} />;
  return (
    <Page
      title="Audit"
      about="Requests, reads of the books, and what admins did. Each entry leads to its events, whose chain is checked here."
      actions={view.rest === undefined ? <KindChoice /> : undefined}
    >
      <SubNav
        label="Audit"
        pages={views.map(({ title, rest: at }) => ({
          title,
          address: pathOf("audit", at),
          isCurrent: at === rest,
        }))}
      />
      {view.rest === undefined ? <History /> : null}
      <Suspense fallback={<Skeleton lines={6} />}>
        {view.rest === "as-of" ? <Past /> : null}
        {view.rest === "verify" ? (
          <div className="stack">
            <Verify />
            <SelfAudit />
          </div>
        ) : null}
        {view.rest === "persons" ? <Persons /> : null}
      </Suspense>
    </Page>
  );
}
