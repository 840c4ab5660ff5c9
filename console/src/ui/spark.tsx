/** A small row of bars: the shape of a day, with what it says also as text. */

export function Spark(props: {
  label: string;
  values: readonly number[];
  format: (value: number) => string;
}) {
  const { label, values, format } = props;
  const peak = Math.max(...values, 0);
  const text = `${label}: at most ${format(peak)} in one step.`;
  return (
    <figure className="spark">
      <figcaption className="small soft">
        {label}
        <span>{peak === 0 ? "nothing yet" : `at most ${format(peak)}`}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${Math.max(values.length, 1) * 10} 40`}
        preserveAspectRatio="none"
        role="img"
        aria-label={text}
      >
        {values.map((value, step) => {
          const height = peak === 0 ? 0 : (value / peak) * 38;
          return (
            <rect
              key={step}
              x={step * 10 + 1}
              y={40 - Math.max(height, 1)}
              width={8}
              height={Math.max(height, 1)}
              data-empty={value === 0 || undefined}
            >
              <title>{format(value)}</title>
            </rect>
          );
        })}
      </svg>
    </figure>
  );
}
