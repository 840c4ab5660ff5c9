/** The list of model calls, newest first, live; one of them when the address names it. */
import { Page } from "../ui/page.tsx";
import { EntryList } from "./entry-list.tsx";
import { requestColumns } from "./entry-columns.tsx";
import { RequestDetail } from "./request-detail.tsx";

export function Requests({ rest }: { rest: string | undefined }) {
  if (rest !== undefined) return <RequestDetail id={rest} />;
  return (
    <Page title="Requests" about="Every model call, as it was decided. Newest first.">
      <EntryList
        kind="request"
        columns={requestColumns}
        fields={["user", "model", "outcome", "dlp"]}
        more={[
          "provider",
          "team",
          "route",
          "key",
          "tag",
          "action",
          "code",
          "costNanosMin",
          "costNanosMax",
          "latencyMsMin",
          "latencyMsMax",
        ]}
        empty="No request fits"
      />
    </Page>
  );
}
