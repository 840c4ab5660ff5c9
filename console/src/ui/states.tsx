/** What stands where content is not (yet): loading, nothing, an error, no connection. */
import { Button } from "@cloudflare/kumo/components/button";
import { CloudSlash, Tray, WarningCircle } from "@phosphor-icons/react";
import type { ReactNode } from "react";
import { ApiError } from "../data/api.ts";

/** Grey bars in the shape of what comes. */
export function Skeleton({ lines = 3, height = 16 }: { lines?: number; height?: number }) {
  return (
    <div role="status" className="card-body stack" aria-label="Loading">
      {Array.from({ length: lines }, (_, line) => (
        <div
          key={line}
          className="skeleton"
          style={{ height, width: `${92 - ((line * 17) % 40)}%` }}
        />
      ))}
    </div>
  );
}

/** Nothing is there, and what to do about it. */
export function Nothing({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="state">
      <Tray size={32} aria-hidden />
      <strong>{title}</strong>
      {children === undefined ? null : <div>{children}</div>}
    </div>
  );
}

/** What went wrong, in the gateway's words, with the id that its operator can look up. */
export function Failure({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  const offline = error instanceof ApiError && error.isOffline;
  const requestId = error instanceof ApiError ? error.requestId : undefined;
  const Icon = offline ? CloudSlash : WarningCircle;
  return (
    <div className="state" role="alert">
      <Icon size={32} aria-hidden />
      <strong>{offline ? "No connection" : "That did not work"}</strong>
      <div>{error.message}</div>
      {requestId === undefined ? null : <code className="small">{requestId}</code>}
      {onRetry === undefined ? null : <Button onClick={onRetry}>Try again</Button>}
    </div>
  );
}

/** Data when there is some; else whichever state stands for it. Stale data stays, with the error over it. */
export function Show<T>(props: {
  loaded: { data: T | undefined; error: ApiError | undefined; reload: () => void };
  lines?: number;
  children: (data: T) => ReactNode;
}) {
  const { data, error, reload } = props.loaded;
  if (data === undefined) {
    if (error !== undefined) return <Failure error={error} onRetry={reload} />;
    return <Skeleton lines={props.lines ?? 4} />;
  }
  return (
    <>
      {error === undefined ? null : (
        <p role="alert" className="card-body small soft">
          This could not be brought up to date: {error.message}
        </p>
      )}
      {props.children(data)}
    </>
  );
}
