/** The organisation's named filters over a list: opened, kept under a name, forgotten. */
import { Button } from "@cloudflare/kumo/components/button";
import { BookmarkSimple, Trash } from "@phosphor-icons/react";
import { useState } from "react";
import { go } from "../data/router.ts";
import { forgetView, keepView, useSavedViews } from "../data/saved-views.ts";
import { useSession } from "../data/session.ts";
import { conditions, writeFilter, type Filter } from "../logic/filters.ts";
import { isShown, reaches, viewBody, viewFilter, type SavedView } from "../logic/saved-views.ts";
import { SelectField, TextField } from "../ui/fields.tsx";
import { Modal } from "../ui/modal.tsx";
import { CommandError } from "../ui/publish-state.tsx";

const nameCharsMax = 100;

/** One change at a time; tells what was wrong. */
function useChange(onDone: () => void) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<Error>();
  const run = (work: () => Promise<unknown>): void => {
    setBusy(true);
    setError(undefined);
    work()
      .then(onDone, (caught: unknown) =>
        setError(caught instanceof Error ? caught : new Error(String(caught))),
      )
      .finally(() => setBusy(false));
  };
  return { run, isBusy, error };
}

function KeepDialog(props: {
  filter: Filter;
  views: readonly SavedView[];
  onKept: () => void;
  onClose: () => void;
}) {
  const { filter, views, onKept, onClose } = props;
  const [name, setName] = useState("");
  const [reach, setReach] = useState("");
  const change = useChange(() => {
    onKept();
    onClose();
  });
  const trimmed = name.trim();
  const isKnown = views.some((view) => view.name === trimmed);
  const lastMs = reach === "" ? undefined : Number(reach);
  return (
    <Modal
      title="Save this view"
      onClose={onClose}
      onSubmit={() => change.run(() => keepView(trimmed, viewBody(filter, lastMs)))}
      action={isKnown ? "Replace" : "Save"}
      isBusy={change.isBusy}
      isDisabled={trimmed === ""}
    >
      <p className="small soft">
        Everybody who reads the books finds it by its name: {conditions(filter)}{" "}
        {conditions(filter) === 1 ? "condition" : "conditions"}.
      </p>
      <TextField title="Name" value={name} onChange={setName} charsMax={nameCharsMax} isRequired />
      <SelectField title="Time" value={reach} onChange={setReach}>
        <option value="">as it stands</option>
        {reaches.map(({ title, ms }) => (
          <option key={ms} value={ms}>
            {title}
          </option>
        ))}
      </SelectField>
      {isKnown ? <p role="status">There is a view of this name; it is replaced.</p> : null}
      {change.error === undefined ? null : <CommandError error={change.error} />}
    </Modal>
  );
}

function ForgetDialog(props: { name: string; onForgotten: () => void; onClose: () => void }) {
  const { name, onForgotten, onClose } = props;
  const change = useChange(() => {
    onForgotten();
    onClose();
  });
  return (
    <Modal
      title={`Delete the view ${name}`}
      onClose={onClose}
      onSubmit={() => change.run(() => forgetView(name))}
      action="Delete"
      isDangerous
      isBusy={change.isBusy}
    >
      <p>Nobody finds it by its name any more; what it showed stays.</p>
      {change.error === undefined ? null : <CommandError error={change.error} />}
    </Modal>
  );
}

function open(view: SavedView): void {
  go(`${location.pathname}?${writeFilter(viewFilter(view, Date.now()))}`, { replace: false });
}

interface Props {
  filter: Filter;
  kind: Filter["kind"];
}

/** For those who read the books of all; a member's own list needs no names. */
export function SavedViews(props: Props) {
  return useSession().role === "member" ? null : <Views {...props} />;
}

function Views({ filter, kind }: Props) {
  const loaded = useSavedViews();
  const [dialog, setDialog] = useState<"keep" | "forget">();
  // A list of requests shows no views of anything else.
  const views = (loaded.data?.views ?? []).filter(
    (view) => kind === undefined || view.filter["kind"] === kind,
  );
  const shown = views.find((view) => isShown(view, filter));
  const close = (): void => setDialog(undefined);
  return (
    <>
      {views.length === 0 ? null : (
        <select
          className="control"
          aria-label="Saved view"
          value={shown?.name ?? ""}
          onChange={(event) => {
            const view = views.find(({ name }) => name === event.target.value);
            if (view !== undefined) open(view);
          }}
        >
          <option value="">Saved views ({views.length})</option>
          {views.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      )}
      {shown === undefined ? (
        <Button
          size="sm"
          icon={<BookmarkSimple size={14} />}
          disabled={conditions(filter) === 0}
          onClick={() => setDialog("keep")}
        >
          Save view
        </Button>
      ) : (
        <Button
          size="sm"
          icon={<Trash size={14} />}
          aria-label={`Delete the view ${shown.name}`}
          onClick={() => setDialog("forget")}
        >
          Delete
        </Button>
      )}
      {dialog === "keep" ? (
        <KeepDialog filter={filter} views={views} onKept={loaded.reload} onClose={close} />
      ) : null}
      {dialog === "forget" && shown !== undefined ? (
        <ForgetDialog name={shown.name} onForgotten={loaded.reload} onClose={close} />
      ) : null}
    </>
  );
}
