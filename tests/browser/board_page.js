// Draws the panels of a board of Grafana. board.mjs loads it into board.html, with uPlot.

const PALETTE = ["#73BF69", "#F2CC0C", "#8AB8FF", "#FF780A", "#F2495C", "#5794F2", "#B877D9", "#705DA0", "#37872D", "#FADE2A", "#447EBC", "#C15C17"];
const COLORS = { green: "#73BF69", "light-green": "#96D98D", "dark-green": "#37872D", yellow: "#FADE2A", orange: "#FF9830", red: "#F2495C",
  "dark-red": "#C4162A", blue: "#5794F2", purple: "#B877D9" };
const [CELL, GAP, COLUMNS] = [30, 8, 24];
const GRID = "rgba(204, 204, 220, .09)";

/** Returns a number with at most three significant digits. */
const digits = (value) => (Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3))).toString();
const UNITS = {
  none: (value) => [digits(value), ""],
  reqps: (value) => [digits(value), "req/s"],
  ops: (value) => [digits(value), "/s"],
  cps: (value) => [digits(value), "/s"],
  percentunit: (value) => [digits(value * 100), "%"],
  bytes: (value) => [digits(value / 1048576), "MiB"],
  s: (value) => (value === 0 ? ["0", "s"] : value < 0.001 ? [digits(value * 1e6), "µs"] : value < 1 ? [digits(value * 1000), "ms"] : value < 120 ? [digits(value), "s"] : [digits(value / 60), "min"]),
};

const element = (name, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
};
const legend = ({ legend, metric }) => legend.replace(/{{\s*(\w+)\s*}}/g, (_, label) => metric[label] ?? "") || "value";
const numbers = (series) => series.values.map(([, value]) => Number(value)).filter(Number.isFinite);
const threshold = (panel, value) => COLORS[panel.fieldConfig.defaults.thresholds.steps.findLast((step) => step.value === null || value >= step.value).color];

const clock = (time) => new Date(time * 1000).toTimeString().slice(0, 5);
const sizeOf = (body) => ({ width: body.clientWidth - 12, height: body.clientHeight - 2 });

/** Returns the values of a series at each instant; null where it has none. */
function aligned(series, times) {
  const values = new Map(series.values.map(([time, value]) => [Math.round(time * 1000), Number(value)]));
  return times.map((time) => values.get(Math.round(time * 1000)) ?? null).map((value) => (Number.isFinite(value) ? value : null));
}

function color(panel, name, index) {
  const override = panel.fieldConfig.overrides.find(({ matcher }) => matcher.options === name);
  return override ? COLORS[override.properties[0].value.fixedColor] : PALETTE[index % PALETTE.length];
}

/** Returns the data that uPlot draws, and what of it lies upon what: stacked lines are sums, the highest first. */
function layers(lines, times, isStacked) {
  if (!isStacked) return { order: lines, drawn: lines.map(({ values }) => values), bands: [] };
  let below = times.map(() => 0);
  const sums = lines.map(({ values }) => (below = below.map((sum, index) => sum + (values[index] ?? 0))));
  const bands = lines.slice(1).map((_, index) => ({ series: [index + 1, index + 2] }));
  return { order: [...lines].reverse(), drawn: sums.reverse(), bands };
}

function graph(panel, body, times) {
  const { unit, custom } = panel.fieldConfig.defaults;
  const shown = panel.series.filter((series) => numbers(series).length > 0);
  const lines = shown.map((series, index) => ({ name: legend(series), color: color(panel, legend(series), index), values: aligned(series, times) }));
  const entries = lines.map(({ name, color }) => element("span", {}, element("i", { style: `background: ${color}` }), name));
  const box = element("div", { className: `legend ${panel.options.legend.placement}` }, ...entries);
  (panel.options.legend.placement === "right" ? body : body.parentElement).after(box);
  const isStacked = custom.stacking.mode === "normal";
  const { order, drawn, bands } = layers(lines, times, isStacked);
  const alpha = Math.round((isStacked ? 40 : custom.fillOpacity) * 2.55).toString(16).padStart(2, "0");
  const axis = { stroke: "#9a9ba6", grid: { stroke: GRID, width: 1 }, ticks: { show: false }, font: "11px 'Inter Variable', sans-serif" };
  new uPlot({
    ...sizeOf(body), bands, legend: { show: false }, cursor: { show: false }, padding: [10, 8, 0, 0],
    scales: { x: { time: true, range: [times[0], times.at(-1)] }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] } },
    axes: [{ ...axis, size: 24, space: 70, incrs: [60, 120, 300], values: (_, splits) => splits.map(clock) },
      { ...axis, size: 64, gap: 4, space: 26, values: (_, splits) => splits.map((split) => UNITS[unit](split).join(" ")) }],
    series: [{}, ...order.map(({ color }) => ({ stroke: color, width: 1.3, fill: color + alpha, points: { show: false } }))],
  }, [times, ...drawn], body);
}

function stat(panel, body, times) {
  const { unit } = panel.fieldConfig.defaults;
  const series = panel.series.find((series) => numbers(series).length > 0);
  const value = numbers(series).at(-1);
  const [text, suffix] = UNITS[unit](value);
  const stroke = threshold(panel, value);
  const hasGraph = panel.options.graphMode === "area";
  body.append(element("div", { className: hasGraph ? "stat" : "stat alone", style: `color: ${stroke}` }, text, element("small", { textContent: suffix })));
  if (!hasGraph) return;
  const spark = element("div", { className: "spark" });
  body.append(spark);
  new uPlot({ width: body.clientWidth, height: 42, legend: { show: false }, cursor: { show: false }, padding: [2, 0, 0, 0], axes: [{ show: false }, { show: false }],
    scales: { x: { range: [times[0], times.at(-1)] }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
    series: [{}, { stroke, width: 1.2, fill: stroke + "30", points: { show: false } }] }, [times, aligned(series, times)], spark);
}

function states(panel, body, times) {
  const texts = panel.fieldConfig.defaults.mappings[0].options;
  for (const series of panel.series) {
    const bar = element("div");
    let last = null;
    for (const value of aligned(series, times)) {
      if (last?.value === value) last.length += 1;
      else bar.append((last = { value, length: 1, node: element("span") }).node);
      const known = value === null ? { text: "", color: "" } : texts[value];
      Object.assign(last.node, { textContent: known.text, style: `flex: ${last.length}; background: ${COLORS[known.color] ?? "transparent"}` });
    }
    body.append(element("div", { className: "state" }, element("label", { textContent: legend(series) }), bar));
  }
}

function table(panel, body) {
  const names = panel.transformations[0].options.include.names;
  const rows = panel.series.map(({ metric }) => element("tr", {}, ...names.map((name) => element("td", { textContent: metric[name] ?? "" }))));
  body.append(element("table", {}, element("tr", {}, ...names.map((name) => element("th", { textContent: name }))), ...rows));
}

const KINDS = { timeseries: graph, stat, "state-timeline": states, table };

/** Draws the board; returns the titles of panels without data. */
function draw(board, start, end, step) {
  const main = document.querySelector("main");
  const column = (main.clientWidth + GAP) / COLUMNS;
  const times = Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step);
  document.querySelector("header").append(...[["Job", "hooksentry-auth"], ["Instance", "All"], ["", `${clock(start)} to ${clock(end)}`]]
    .map(([name, text]) => element("span", {}, element("b", { textContent: name }), text)));
  const empty = [];
  for (const panel of board.panels) {
    const { x, y, w, h } = panel.gridPos;
    const [width, height] = [w * column - GAP, h * (CELL + GAP) - GAP];
    const style = `left: ${x * column}px; top: ${y * (CELL + GAP)}px; width: ${width}px; height: ${height}px`;
    if (panel.type === "row") {
      main.append(element("h2", { style, textContent: panel.title }));
      continue;
    }
    const body = element("div", { className: "body" });
    const section = element("section", { style }, element("h3", { textContent: panel.title }), element("div", { className: "columns" }, body));
    main.append(section);
    const hasData = panel.series.some((series) => panel.type === "table" || numbers(series).length > 0);
    if (hasData) KINDS[panel.type](panel, body, times);
    else empty.push(panel.title);
  }
  main.style.height = `${Math.max(...board.panels.map(({ gridPos: { y, h } }) => y + h)) * (CELL + GAP)}px`;
  return empty;
}
