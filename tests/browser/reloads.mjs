// Logs in on the dashboard, then reloads it in two tabs at once, again and again, each time with an expired access token.
//
//   PASSWORD=... node reloads.mjs http://127.0.0.1:8080 owner@example.com 50
//
// Prints one JSON object: after how many reloads a tab showed the login page (null: never), how many refresh tokens were sent more
// than once, and how many were sent by both tabs.
import { fileURLToPath } from "node:url";
import { open } from "./chromium.mjs";

const [service, email, reloads] = process.argv.slice(2);
const page = fileURLToPath(new URL("dashboard.html", import.meta.url));
const { context, tabs, close } = await open(service, { "/": page });
const sent = new Map();
context.on("request", (request) => {
  if (!request.url().endsWith("/refresh")) return;
  const { refreshToken } = request.postDataJSON();
  sent.set(refreshToken, [...(sent.get(refreshToken) ?? []), request.frame().page()]);
});

/** Returns what a tab shows once all its calls have ended. */
async function view(tab) {
  await tab.waitForSelector("body[data-view]");
  return tab.evaluate(() => document.body.dataset.view);
}

await tabs[0].fill("[name=email]", email);
await tabs[0].fill("[name=password]", process.env.PASSWORD);
await tabs[0].click("button");
await tabs[0].waitForSelector("body[data-view=dashboard]");

let loggedOutAfter = null;
for (let round = 1; round <= Number(reloads) && loggedOutAfter === null; round += 1) {
  // What the browser itself does when the access token expires: Max-Age of the cookie is the lifetime of the token.
  await context.clearCookies({ name: "access" });
  await Promise.all(tabs.map((tab) => tab.reload()));
  const views = await Promise.all(tabs.map(view));
  if (views.includes("login")) loggedOutAfter = round;
}
const senders = [...sent.values()];
const sentTwice = senders.filter((pages) => pages.length > 1).length;
const sentByBoth = senders.filter((pages) => new Set(pages).size > 1).length;
console.log(JSON.stringify({ loggedOutAfter, sentTwice, sentByBoth }));
await close();
