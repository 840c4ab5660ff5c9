/** A value as people read it, that copies as it exactly is. */
import { useState, type ReactNode } from "react";

export function Copy({
  exact,
  children,
  label,
}: {
  exact: string;
  children: ReactNode;
  label?: string;
}) {
  const [isCopied, setCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard.writeText(exact).then(
      () => {
        setCopied(true);
        setTimeout(() => setCopied(false), 1_200);
      },
      () => setCopied(false),
    );
  };
  return (
    <button
      type="button"
      className="copy"
      title={`${exact} (click to copy)`}
      data-copied={isCopied || undefined}
      onClick={copy}
    >
      <span className="visually-hidden">{label ?? "Copy"}: </span>
      {children}
    </button>
  );
}
