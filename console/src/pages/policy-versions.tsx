/** The versions there were, the newest first, with a way back to each. */
import { Badge } from "@cloudflare/kumo/components/badge";
import { Button } from "@cloudflare/kumo/components/button";
import { useState } from "react";
import type { LivePolicy, Version } from "../data/policy.ts";
import { useAdminLoad } from "../data/use-admin.ts";
import type { Loaded } from "../data/use-load.ts";
import type { Publishing } from "../data/use-publish.ts";
import { dateTime } from "../logic/format.ts";
import { Copy } from "../ui/copy.tsx";
import { Modal } from "../ui/modal.tsx";
import { Card } from "../ui/page.tsx";
import { PublishState } from "../ui/publish-state.tsx";
import { Show } from "../ui/states.tsx";
import { ChangesBetween } from "./policy-changes.tsx";

function RollBack(props: {
  version: Version;
  live: LivePolicy;
  publishing: Publishing;
  onDone: () => void;
  onClose: () => void;
}) {
  const { version, live, publishing } = props;
  const old = useAdminLoad<LivePolicy>({ type: "GetPolicy", version: version.version }, []);
  const rollBack = (): void => {
    void publishing.rollBack(version.version, live.version).then((isDone) => {
      if (isDone) {
        props.onDone();
        props.onClose();
      }
    });
  };
  return (
    <Modal
      title={`Roll back to version ${version.version}`}
      onClose={props.onClose}
      onSubmit={rollBack}
      action={`Publish it as version ${live.version + 1}`}
      isBusy={publishing.isRunning}
      isDisabled={old.data === undefined}
    >
      <p>This changes the live version:</p>
      <Show loaded={old}>
        {({ document }) => <ChangesBetween before={live.document} after={document} />}
      </Show>
      {publishing.error === undefined ? null : <PublishState publishing={publishing} />}
    </Modal>
  );
}

function Line(props: { version: Version; live: LivePolicy; onBack: (() => void) | undefined }) {
  const { version, live, onBack } = props;
  const isLive = version.version === live.version;
  return (
    <li className="toolbar" style={{ justifyContent: "space-between", flexWrap: "nowrap" }}>
      <div className="wrap-anywhere">
        <div>
          Version {version.version}{" "}
          {isLive ? (
            <Badge variant={version.inForceAt === undefined ? "warning" : "success"}>
              {version.inForceAt === undefined ? "coming into force" : "in force"}
            </Badge>
          ) : null}
        </div>
        <div className="small soft">
          {dateTime(version.at)} · {version.comment || "no comment"}
          {version.restores === undefined ? "" : ` · version ${version.restores} again`} ·{" "}
          <Copy exact={version.hash}>
            <code>{version.hash.slice(0, 10)}…</code>
          </Copy>
        </div>
      </div>
      {isLive || onBack === undefined ? null : (
        <Button size="sm" onClick={onBack} aria-label={`Roll back to version ${version.version}`}>
          Roll back
        </Button>
      )}
    </li>
  );
}

export function VersionsCard(props: {
  loaded: Loaded<{ versions: Version[] }>;
  live: LivePolicy;
  publishing: Publishing;
  onDone: () => void;
  isAdmin: boolean;
}) {
  const { loaded, live, isAdmin } = props;
  const [back, setBack] = useState<Version>();
  return (
    <Card title="Versions">
      <Show loaded={loaded}>
        {({ versions }) => (
          <ul className="card-body stack">
            {versions
              .toReversed()
              .slice(0, 50)
              .map((version) => (
                <Line
                  key={version.version}
                  version={version}
                  live={live}
                  onBack={isAdmin ? () => setBack(version) : undefined}
                />
              ))}
          </ul>
        )}
      </Show>
      {back === undefined ? null : (
        <RollBack
          version={back}
          live={live}
          publishing={props.publishing}
          onDone={props.onDone}
          onClose={() => setBack(undefined)}
        />
      )}
    </Card>
  );
}
