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
        fields={[
          "user",
          "team",
          "model",
          "provider",
          "route",
          "key",
          "tag",
          "outcome",
          "dlp",
          "action",
          "code",
        ]}
        empty="No request fits"
      />
    </Page>
  );
}
