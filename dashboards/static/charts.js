// Draws every [data-chart] with uPlot: its JSON is described in dashboards/chart.py.
"use strict";
(() => {
  const drawn = new Map(); // element -> uPlot
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // 24 hours, and the day below its first tick. [least step in s, tick, then below: year, month, day, hour, minute, second]
  const TIMES = [
    [86400 * 365, "{YYYY}", null, null, null, null, null, null, 1],
    [86400 * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [86400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
    [1, "{HH}:{mm}:{ss}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  ];

  function figure(value, unit, digits = 2) {
    if (value == null) return "–";
    const size = Math.abs(value);
    if (unit === "ms" && size >= 1000) return (value / 1000).toLocaleString("en", { maximumFractionDigits: 2 }) + " s";
    const shown = value.toLocaleString("en", { maximumFractionDigits: size >= 100 && size < 1e6 ? 0 : digits, notation: size >= 1e6 ? "compact" : "standard" });
    return unit ? `${shown} ${unit}` : shown;
  }

  // The digits behind the point in which ticks so far apart differ.
  function finely(step) {
    const [mantissa, exponent = 0] = step.toString().split("e");
    return Math.min(20, Math.max(2, (mantissa.split(".")[1] ?? "").length - exponent));
  }

  function moment(at) {
    return new Date(at * 1000).toLocaleString("sv-SE", { dateStyle: "short", timeStyle: "short" });
  }

  // As much room as the longest label takes, at some 7 px a letter.
  function wide(plot, labels) {
    return 24 + 7 * Math.max(3, ...(labels ?? []).map((label) => label.length));
  }

  // A dashed line with a sign at its head at each moment worth knowing.
  function marking(marks) {
    return { hooks: { draw: [(plot) => {
      const context = plot.ctx, { left, top, width, height } = plot.bbox;
      context.save();
      context.strokeStyle = context.fillStyle = colour("--c2");
      context.setLineDash([4, 4]);
      for (const mark of marks) {
        const at = plot.valToPos(mark.at, "x", true);
        if (at < left || at > left + width) continue;
        context.beginPath(); context.moveTo(at, top); context.lineTo(at, top + height); context.stroke();
        context.beginPath(); context.moveTo(at - 5, top); context.lineTo(at + 5, top); context.lineTo(at, top + 8); context.fill();
      }
      context.restore();
    }] } };
  }

  function stacked(columns) {
    const sums = columns[0].map(() => 0);
    return columns.map((column) => column.map((value, place) => (sums[place] += value ?? 0)));
  }

  // From nothing up; but shares that are all high would lie on each other there.
  function height(spec) {
    const shares = spec.unit === "%" && spec.kind === "line";
    return (plot, low, high) => {
      if (shares && low >= 50) return [Math.floor(low / 10) * 10 - (low < 100 ? 0 : 10), Math.min(high + 2, 101)];
      return [Math.min(0, low ?? 0), high > 0 ? high * 1.08 : 1];
    };
  }

  // Bars need room at both ends; a single moment needs some around it.
  function reach(spec) {
    const steps = spec.x.slice(1).map((at, place) => at - spec.x[place]).filter((each) => each > 0);
    const least = steps.length ? Math.min(...steps) : spec.time ? 3600 : 1;
    const room = spec.kind === "bars" || !steps.length ? least / 2 : 0;
    return (plot, low, high) => [low - room, high + room];
  }

  // A number with none on either side is on no line, and must be seen all the same.
  function alone(plot, series, show) {
    if (show) return null;
    const values = plot.data[series];
    return values.flatMap((value, place) => (value != null && values[place - 1] == null && values[place + 1] == null ? [place] : []));
  }

  function options(spec, width) {
    const whole = spec.x.every(Number.isInteger); // steps, which have nothing between them
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--grid"), width: 1 }, ticks: { stroke: colour("--grid"), width: 1 } };
    const paths = spec.kind === "bars" ? uPlot.paths.bars({ size: [0.7, 40] }) : spec.kind === "points" ? () => null : undefined;
    return {
      width, height: 220,
      padding: [null, 28, null, null], // the last label of the axis stands half beyond it
      scales: { x: { time: spec.time, range: reach(spec) }, y: { range: height(spec) } },
      axes: [
        spec.time ? { ...axis, space: 70, values: TIMES } : { ...axis, values: (plot, ticks, axis, space, step) => ticks.map((tick) => (whole && !Number.isInteger(tick) ? "" : figure(tick, "", finely(step)))) },
        { ...axis, size: wide, values: (plot, ticks, axis, space, step) => ticks.map((tick) => figure(tick, spec.unit, finely(step))) },
      ],
      legend: { live: true },
      plugins: spec.marks.length ? [marking(spec.marks)] : [],
      series: [{ label: spec.time ? "time" : spec.xLabel || "x", value: spec.time ? (plot, at) => (at == null ? "" : moment(at)) : (plot, at) => at ?? "" }, ...spec.series.map((each, place) => ({
        label: each.name,
        stroke: colour(`--c${place % 6 + 1}`),
        fill: spec.kind === "bars" ? colour(`--c${place % 6 + 1}`) : undefined,
        width: 2, dash: place >= 6 ? [6, 4] : undefined, paths,
        points: { show: spec.kind === "points" || (spec.kind === "line" && spec.x.length < 40), filter: spec.kind === "line" ? alone : null, size: 5 },
        spanGaps: false,
        value: (plot, value, series, at) => (at == null ? "" : figure(each.values[at], spec.unit)),
      }))],
    };
  }

  function draw(element, most = Infinity) {
    drawn.get(element)?.destroy();
    const spec = JSON.parse(element.dataset.chart);
    const columns = spec.series.map((each) => each.values);
    let data = [spec.x, ...columns];
    const drawing = options(spec, Math.min(Math.max(element.clientWidth, 120), most));
    if (spec.stacked && columns.length) {
      data = [spec.x, ...stacked(columns)];
      // the highest first, so that the lower ones are painted over it
      data = [data[0], ...data.slice(1).reverse()];
      drawing.series = [drawing.series[0], ...drawing.series.slice(1).reverse()];
    }
    drawn.set(element, new uPlot(drawing, data, element));
  }

  function all() {
    for (const element of drawn.keys()) {
      if (!element.isConnected) { drawn.get(element).destroy(); drawn.delete(element); }
    }
    for (const element of document.querySelectorAll("[data-chart]")) {
      if (!drawn.has(element)) draw(element);
    }
  }

  let waiting;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { for (const [element, plot] of drawn) plot.setSize({ width: Math.max(element.clientWidth, 120), height: 220 }); }, 100);
  });
  document.addEventListener("driftgate:theme", () => { for (const element of [...drawn.keys()]) draw(element); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { for (const element of [...drawn.keys()]) draw(element); });
  // Paper is white, and narrower than most windows.
  const PAPER = 640;
  let before = null;
  addEventListener("beforeprint", () => {
    before = document.documentElement.dataset.theme ?? "";
    document.documentElement.dataset.theme = "light";
    for (const element of [...drawn.keys()]) draw(element, PAPER);
  });
  addEventListener("afterprint", () => {
    if (before) document.documentElement.dataset.theme = before;
    else delete document.documentElement.dataset.theme;
    for (const element of [...drawn.keys()]) draw(element);
  });
  document.addEventListener("htmx:after:swap", all);
  all();
})();
