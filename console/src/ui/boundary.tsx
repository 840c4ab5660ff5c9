/** What is shown instead of a page that failed to load or to draw: never a blank screen. */
import { Button } from "@cloudflare/kumo/components/button";
import { Component, type ReactNode } from "react";

export class Boundary extends Component<{ children: ReactNode }, { error: Error | undefined }> {
  override state: { error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <div className="state" role="alert">
        <strong>This page could not be shown</strong>
        <div>
          If the gateway was just updated, loading it anew helps. <code>{error.message}</code>
        </div>
        <Button onClick={() => location.reload()}>Load anew</Button>
      </div>
    );
  }
}
