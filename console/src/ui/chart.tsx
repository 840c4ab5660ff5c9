/** A time series, drawn by uPlot in the theme's colours, with what it says also as text. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { dateTime } from "../logic/format.ts";
import { useTheme } from "./theme.ts";

export interface ChartProps {
  /** What is drawn, for those who do not see it. */
  label: string;
  /** Milliseconds since 1970, ascending. */
  times: readonly number[];
  values: readonly number[];
  stepMs: number;
  format: (value: number) => string;
  color?: "brand" | "danger" | "success";
  height?: number;
}

function colorOf(name: string): string {
  // uPlot paints on a canvas, which knows no custom properties: the browser resolves them first.
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function axes(format: (value: number) => string): uPlot.Axis[] {
  const common = {
    stroke: colorOf("--ink-soft"),
    font: "11px system-ui, sans-serif",
    grid: { stroke: colorOf("--line"), width: 1 },
    ticks: { show: false },
  };
  return [
    { ...common, grid: { show: false }, space: 64, gap: 9 },
    {
      ...common,
      size: (_chart, values) =>
        Math.max(...(values ?? [""]).map((text) => text.length), 3) * 6.6 + 12,
      values: (_chart, splits) => splits.map(format),
      space: 36,
    },
  ];
}

/** A small box beside the pointer with the step's time and value. */
function tip(box: HTMLElement, props: ChartProps): uPlot.Plugin {
  return {
    hooks: {
      setCursor: (chart) => {
        const { idx, left = 0 } = chart.cursor;
        const at = idx == null ? undefined : props.times[idx];
        const value = idx == null ? undefined : props.values[idx];
        box.hidden = at === undefined || value === undefined || left < 0;
        if (at === undefined || value === undefined) return;
        box.textContent = `${props.format(value)} · ${dateTime(at).slice(0, 16)}`;
        const toLeft = left > chart.width / 2;
        box.style.left = toLeft ? "auto" : `${left + 60}px`;
        box.style.right = toLeft ? `${chart.width - left - 30}px` : "auto";
        box.style.top = "6px";
      },
    },
  };
}

function draw(place: HTMLElement, box: HTMLElement, props: ChartProps): uPlot {
  const color = colorOf(`--${props.color ?? "brand"}`);
  const bars = uPlot.paths.bars?.({ size: [0.72, 28], radius: 0.15 });
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: props.height ?? 200,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    padding: [12, 8, 0, 0],
    scales: {
      // Half a step at both ends, so that the first and last bar are whole.
      x: { range: (_chart, min, max) => [min - props.stepMs / 2000, max + props.stepMs / 2000] },
      y: { range: (_chart, _min, max) => [0, max > 0 ? max * 1.08 : 1] },
    },
    axes: axes(props.format),
    series: [
      {},
      {
        stroke: color,
        fill: color,
        width: 0,
        points: { show: false },
        ...(bars ? { paths: bars } : {}),
      },
    ],
    plugins: [tip(box, props)],
  };
  return new uPlot(options, dataOf(props), place);
}

const dataOf = ({ times, values }: ChartProps): uPlot.AlignedData => [
  times.map((at) => at / 1000),
  [...values],
];

/** One series as bars. It follows its box's width and the theme. */
export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const { isDark } = useTheme();
  const shape = `${props.label} ${isDark} ${props.stepMs}`;
  const latest = useRef({ ...props });
  const chart = useRef<uPlot>(undefined);
  useEffect(() => {
    if (place.current === null || box.current === null) return undefined;
    const element = place.current;
    chart.current = draw(element, box.current, latest.current);
    const observer = new ResizeObserver(() => {
      chart.current?.setSize({ width: element.clientWidth, height: latest.current.height ?? 200 });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.current?.destroy();
    };
  }, [shape]);
  useEffect(() => {
    // The plugin and the axes read through this object, so it is changed, not replaced.
    Object.assign(latest.current, props);
    chart.current?.setData(dataOf(props));
  }, [props]);
  const total = props.values.reduce((sum, value) => sum + value, 0);
  const peak = Math.max(...props.values, 0);
  const text = `${props.label}: ${props.format(total)} in all, at most ${props.format(peak)} in one step.`;
  return (
    <figure className="chart" role="img" aria-label={text}>
      <div ref={place} />
      <div ref={box} className="chart-tip number" hidden />
    </figure>
  );
}
