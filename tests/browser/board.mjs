// Draws the board of deploy/grafana from the data of a Prometheus: its panels with their places, queries, units and colours.
//
//   node board.mjs http://127.0.0.1:9090 SECONDS FILE.png
//
// Shows the last SECONDS. Prints one JSON object: how many panels are drawn, and the titles of those without data.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [prometheus, shown, file] = process.argv.slice(2);
const local = (path) => fileURLToPath(new URL(path, import.meta.url));
const board = JSON.parse(await readFile(local("../../deploy/grafana/hooksentry-auth.json")));
const WIDTH = 1500;
const POINTS = 150;

const end = Date.now() / 1000;
const step = Math.max(1, Math.round(shown / POINTS));
const start = end - shown;
// Prometheus scrapes each second here: Grafana's rates cover at least four scrapes.
const interval = `${Math.max(5, 4 * step)}s`;
const VARIABLES = { job: "hooksentry-auth", instance: ".+", __rate_interval: interval };

async function query(expression, isInstant) {
  const text = Object.entries(VARIABLES).reduce((text, [name, value]) => text.replaceAll(`$${name}`, value), expression);
  const range = isInstant ? { time: end } : { start, end, step };
  const parameters = new URLSearchParams({ query: text, ...range });
  const reply = await fetch(`${prometheus}/api/v1/query${isInstant ? "" : "_range"}?${parameters}`);
  const { data, error } = await reply.json();
  if (error) throw new Error(`${text}: ${error}`);
  return data.result;
}

async function withData(panel) {
  const targets = panel.targets ?? [];
  const results = await Promise.all(targets.map((target) => query(target.expr, target.instant)));
  return { ...panel, series: results.flatMap((result, index) => result.map((series) => ({ ...series, legend: targets[index].legendFormat }))) };
}

const panels = await Promise.all(board.panels.map(withData));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"], // Chromium refuses to run as root with a sandbox
});
const page = await browser.newPage({ viewport: { width: WIDTH, height: 1000 } });
page.on("pageerror", (error) => { throw error; });
await page.goto(`file://${local("board.html")}`);
await page.addStyleTag({ path: local("node_modules/uplot/dist/uPlot.min.css") });
await page.addScriptTag({ path: local("node_modules/uplot/dist/uPlot.iife.min.js") });
await page.addScriptTag({ path: local("board_page.js") });
await page.evaluate(() => document.fonts.load("500 12px 'Inter Variable'"));
const empty = await page.evaluate(([board, start, end, step]) => draw(board, start, end, step), [{ ...board, panels }, start, end, step]);
await page.screenshot({ path: file, fullPage: true });
await browser.close();
console.log(JSON.stringify({ drawn: panels.filter((panel) => panel.type !== "row").length, empty }));
