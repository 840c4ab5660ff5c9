/** The choice of a period: one that ends now, or any other by its two ends; it is in the address. */
import { go } from "../data/router.ts";
import { periods, spanOf, type Period } from "../logic/period.ts";
import { MomentField } from "../ui/moment-field.tsx";
import { Choice } from "../ui/page.tsx";

const options = [
  ...Object.entries(periods).map(([value, { title }]) => ({
    value: value as Period["name"],
    title: title as string,
  })),
  { value: "other" as const, title: "Other" },
];

function goTo(period: Period): void {
  const params = new URLSearchParams(location.search);
  for (const end of ["from", "to"]) params.delete(end);
  for (const [name, value] of Object.entries(period)) {
    params.set(name === "name" ? "period" : name, String(value));
  }
  go(`${location.pathname}?${params}`, { replace: true });
}

function End(props: { end: "from" | "to"; period: Extract<Period, { name: "other" }> }) {
  const { end, period } = props;
  return (
    <MomentField
      label={end === "from" ? "From" : "Until"}
      at={period[end]}
      onChange={(at) => {
        const next = { ...period, [end]: at ?? period[end] };
        // A period that ends before it begins is no period: the field keeps what it had.
        if (next.from < next.to) goTo(next);
      }}
    />
  );
}

export function PeriodChoice({ period }: { period: Period }) {
  const choose = (name: Period["name"]): void => {
    if (name !== "other") return goTo({ name });
    const { from, to } = spanOf(period, Date.now());
    goTo({ name, from, to });
  };
  return (
    <>
      <Choice
        label="Period"
        name="period"
        value={period.name}
        options={options}
        onChoose={choose}
      />
      {period.name === "other" ? (
        <>
          <End end="from" period={period} />
          <End end="to" period={period} />
        </>
      ) : null}
    </>
  );
}
