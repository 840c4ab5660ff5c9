/** Everything that happened: requests, reads, admins' acts; filtered, and to take away. */
import { useAddress } from "../data/router.ts";
import { kinds, readFilter, writeFilter, type Kind } from "../logic/filters.ts";
import { go } from "../data/router.ts";
import { Choice, Page } from "../ui/page.tsx";
import { auditColumns } from "./entry-columns.tsx";
import { EntryList } from "./entry-list.tsx";
import { ExportButtons } from "./export-buttons.tsx";
import { RequestDetail } from "./request-detail.tsx";

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

export function Audit({ rest }: { rest: string | undefined }) {
  if (rest !== undefined) return <RequestDetail id={rest} />;
  return (
    <Page
      title="Audit"
      about="Requests, reads of the books, and what admins did. Each entry leads to its events, whose chain is checked here. To see the books as of a moment, set Until."
      actions={<KindChoice />}
    >
      <EntryList
        columns={auditColumns}
        fields={["user", "team", "action", "resource", "outcome", "dlp", "code"]}
        empty="No entry fits"
        side={(filter) => <ExportButtons filter={filter} />}
      />
    </Page>
  );
}
