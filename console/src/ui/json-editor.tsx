/** A plain text field for JSON with line numbers, on which problems and changes are marked. */
import { useImperativeHandle, useRef, type KeyboardEvent, type Ref } from "react";

const LINE_HEIGHT = 20;
const PADDING = 10;

export interface EditorHandle {
  /** Puts the cursor on a line (zero-based) and the line into view. */
  show(line: number): void;
}

function LineNumbers(props: {
  count: number;
  problems: ReadonlyMap<number, string>;
  changed: ReadonlySet<number>;
}) {
  return (
    <div className="editor-lines" aria-hidden>
      {Array.from({ length: props.count }, (_, line) => (
        <div
          key={line}
          data-fault={props.problems.has(line) || undefined}
          data-changed={props.changed.has(line) || undefined}
          title={props.problems.get(line)}
        >
          {props.problems.has(line) ? "● " : ""}
          {line + 1}
        </div>
      ))}
    </div>
  );
}

/** A new line begins where the one before it did. */
function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
  // Tab leaves the field, as everywhere; a new line begins where the one before it did.
  if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
  const { value, selectionStart } = event.currentTarget;
  const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
  const indent = /^ */.exec(line)?.[0] ?? "";
  const deeper = /[[{]\s*$/.test(line) ? "  " : "";
  event.preventDefault();
  document.execCommand("insertText", false, `\n${indent}${deeper}`);
}

export function JsonEditor(props: {
  text: string;
  onChange: (text: string) => void;
  /** Zero-based lines with what is wrong on each. */
  problems: ReadonlyMap<number, string>;
  changed: ReadonlySet<number>;
  isReadOnly: boolean;
  handle: Ref<EditorHandle>;
}) {
  const { text, problems, changed } = props;
  const box = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const lines = text.split("\n");
  useImperativeHandle(props.handle, () => ({
    show(line) {
      const element = field.current;
      if (element === null) return;
      const start = element.value
        .split("\n")
        .slice(0, line)
        .reduce((sum, each) => sum + each.length + 1, 0);
      const end = element.value.indexOf("\n", start);
      element.focus({ preventScroll: true });
      element.setSelectionRange(start, end === -1 ? element.value.length : end);
      box.current?.scrollTo({ top: Math.max(line * LINE_HEIGHT - 120, 0) });
    },
  }));
  const longest = lines.reduce((max, line) => Math.max(max, line.length), 0);
  return (
    <div className="editor" ref={box}>
      <LineNumbers count={lines.length} problems={problems} changed={changed} />
      <textarea
        ref={field}
        aria-label="The policy as JSON"
        aria-invalid={problems.size > 0}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        readOnly={props.isReadOnly}
        value={text}
        style={{ height: lines.length * LINE_HEIGHT + PADDING * 2, width: `${longest + 4}ch` }}
        onChange={(event) => props.onChange(event.target.value)}
        onKeyDown={onKeyDown}
      />
    </div>
  );
}
