/** A dialog with a title, a body, and its actions at the end. Escape and the backdrop close it. */
import { Button } from "@cloudflare/kumo/components/button";
import { Dialog } from "@cloudflare/kumo/components/dialog";
import type { FormEvent, ReactNode } from "react";

export function Modal(props: {
  title: string;
  onClose: () => void;
  onSubmit?: () => void;
  action?: string;
  isDangerous?: boolean;
  isBusy?: boolean;
  isDisabled?: boolean;
  closeWord?: string;
  children: ReactNode;
}) {
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    props.onSubmit?.();
  };
  return (
    <Dialog.Root open onOpenChange={(isOpen) => !isOpen && props.onClose()}>
      <Dialog size="base">
        <form className="dialog-body" onSubmit={submit}>
          <Dialog.Title>{props.title}</Dialog.Title>
          {props.children}
          <div className="dialog-actions">
            <Button type="button" onClick={props.onClose}>
              {props.closeWord ?? "Cancel"}
            </Button>
            {props.action === undefined ? null : (
              <Button
                type="submit"
                variant={props.isDangerous ? "destructive" : "primary"}
                loading={props.isBusy ?? false}
                disabled={props.isDisabled ?? false}
              >
                {props.action}
              </Button>
            )}
          </div>
        </form>
      </Dialog>
    </Dialog.Root>
  );
}
