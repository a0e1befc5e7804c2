// Chromium with two tabs that share one origin.
import { chromium } from "playwright-core";
import { start } from "./server.mjs";

/** Opens two tabs of the page `/` of `files`; the rest of the origin is `service`. */
export async function open(service, files) {
  const server = await start(new URL(service), files);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"], // Chromium refuses to run as root with a sandbox
  });
  const context = await browser.newContext();
  const tabs = [await context.newPage(), await context.newPage()];
  for (const tab of tabs) await tab.goto(server.origin);
  const close = async () => {
    await browser.close();
    server.close();
  };
  return { context, tabs, close };
}
