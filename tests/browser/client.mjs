// Uses the client of docs/clients/browser.md in two tabs, with lost and failing refreshes.
//
//   PASSWORD=... node client.mjs http://127.0.0.1:8080 owner@example.com FOLDER-OF-THE-MODULES
//
// Prints one JSON object once everything has succeeded.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { open } from "./chromium.mjs";

const [service, email, folder] = process.argv.slice(2);
const page = fileURLToPath(new URL("client.html", import.meta.url));
const files = { "/": page, "/tokens.mjs": join(folder, "tokens.mjs"), "/calls.mjs": join(folder, "calls.mjs") };
const { context, tabs, close } = await open(service, files);
const [tab, other] = tabs;
const answer = (status, error) => ({ status, headers: { "Retry-After": "1" }, json: { error, message: "Try again." } });
const unavailable = answer(503, "service_unavailable");
const limited = answer(429, "rate_limited");
const html = { status: 502, contentType: "text/html", body: "<h1>Bad gateway</h1>" };

// The next refreshes meet these faults: a response, "lost" for a refresh whose response does not arrive, or "sent" for none.
let faults = [];
let sent = [];
await context.route("**/api/v1/auth/refresh", async (route) => {
  const fault = faults.shift() ?? "sent";
  sent.push({ key: await route.request().headerValue("idempotency-key"), token: route.request().postDataJSON().refreshToken });
  if (fault === "sent") return route.continue();
  if (fault !== "lost") return route.fulfill(fault);
  assert.equal((await route.fetch()).status(), 200);
  return route.abort();
});

const logIn = (email, password) => tab.evaluate(
  async ([email, password]) => (await (await import("/calls.mjs")).logIn(email, password)).status, [email, password]);
const accessToken = (tab) => tab.evaluate(async () => (await import("/tokens.mjs")).accessToken());
const me = (tab) => tab.evaluate(async () => (await (await import("/calls.mjs")).call("/api/v1/auth/me"))?.status ?? null);
const stored = (tab) => tab.evaluate(() => JSON.parse(localStorage.getItem("tokens")));

/** Changes the stored tokens, and waits until both tabs see the change: Chromium copies it from process to process. */
async function change(changes) {
  const changed = { ...(await stored(tab)), ...changes };
  await tab.evaluate((changed) => localStorage.setItem("tokens", JSON.stringify(changed)), changed);
  await other.waitForFunction((text) => localStorage.getItem("tokens") === text, JSON.stringify(changed));
}

const expire = () => change({ expires: Date.now() });

function expectOneKey() {
  assert.equal(new Set(sent.map(({ key, token }) => key + token)).size, 1);
}

/** Refreshes with these faults; expects one key for all attempts, and that the session lives. */
async function expectRecovery(...planned) {
  await expire();
  [faults, sent] = [[...planned], []];
  assert.notEqual(await accessToken(tab), null);
  assert.equal(sent.length, planned.length + 1);
  expectOneKey();
  assert.equal(await me(other), 200);
}

assert.equal(await logIn(email, process.env.PASSWORD), 200);
for (let round = 0; round < 10; round += 1) {
  await expire();
  sent = [];
  await Promise.all([...tabs, ...tabs].map(accessToken));
  assert.ok(sent.length <= tabs.length, "calls of one tab share a refresh");
  expectOneKey();
  assert.deepEqual(await Promise.all(tabs.map(me)), [200, 200]);
}

await expectRecovery("lost");
await expectRecovery(unavailable, limited);
await expectRecovery(html, "lost");

// An access token that the service rejects is replaced, however fresh it seems.
await change({ accessToken: "rejected" });
assert.deepEqual(await Promise.all(tabs.map(me)), [200, 200]);

// A page without the lock has used the refresh token, and stores its tokens a moment later.
const { refreshToken } = await stored(tab);
await expire();
const headers = { "Content-Type": "application/json" };
const taken = { method: "POST", headers, body: JSON.stringify({ refreshToken }) };
const theirs = await (await fetch(`${service}/api/v1/auth/refresh`, taken)).json();
const ours = accessToken(tab);
await tab.waitForResponse("**/api/v1/auth/refresh");
await other.evaluate(async (pair) => (await import("/tokens.mjs")).store(pair), theirs);
assert.equal(await ours, theirs.accessToken);

// An outage is an error, and the tokens are kept.
await expire();
faults = Array(5).fill(unavailable);
await assert.rejects(accessToken(tab), /The tokens are kept/);
assert.equal(await me(tab), 200);

// A logout ends the session for both tabs.
await tab.evaluate(async () => (await import("/calls.mjs")).logOut());
assert.deepEqual([await me(tab), await me(other), await stored(tab)], [null, null, null]);

// The session has ended elsewhere: the tokens are dropped.
assert.equal(await logIn(email, process.env.PASSWORD), 200);
const pair = await stored(tab);
const elsewhere = { Authorization: `Bearer ${pair.accessToken}`, ...headers };
const logout = { method: "POST", headers: elsewhere, body: JSON.stringify({ refreshToken: pair.refreshToken }) };
assert.equal((await fetch(`${service}/api/v1/auth/logout`, logout)).status, 204);
assert.deepEqual([await me(tab), await stored(tab)], [null, null]);
console.log(JSON.stringify({ complete: true }));
await close();
