// Uses the proxy of docs/clients/server.md as a browser does, with parallel calls, and lost and failing refreshes.
//
//   PASSWORD=... node server.mjs http://127.0.0.1:8080 owner@example.com FOLDER-OF-THE-MODULES
import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { post, start } from "./faults.mjs";

const ADDRESS = "203.0.113.7";
const [service, email, folder] = process.argv.slice(2);
const front = await start(service);
process.env.AUTH_URL = front.url;
const load = (folder) => import(pathToFileURL(`${folder}/forward.mjs`));
const proxy = await load(folder);
await cp(folder, `${folder}-2`, { recursive: true });
const secondProcess = await load(`${folder}-2`); // modules of its own, so it shares nothing with the first

let cookies = {};

/** Sends a request with the cookies, and returns the response and the cookies that it sets. */
async function send(handler, path, body, jar = cookies) {
  const headers = { Cookie: Object.entries(jar).map((pair) => pair.join("=")).join("; "), "Content-Type": "application/json" };
  const init = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const response = await handler(new Request(`https://dashboard.example${path}`, { ...init, headers }), ADDRESS);
  const set = {};
  for (const line of response.headers.getSetCookie()) {
    assert.match(line, /; HttpOnly; Secure; SameSite=Lax$/);
    const [, name, value] = line.match(/^(\w+)=([^;]*);/);
    set[name] = value;
  }
  return { status: response.status, after: response.headers.get("Retry-After"), set };
}

/** Calls the API, and keeps the cookies that the response sets. */
async function me() {
  const result = await send(proxy.forward, "/api/v1/auth/me");
  Object.assign(cookies, result.set);
  return result;
}

function expire() {
  delete cookies.access;
  [front.plan, front.seen] = [[], []];
}

const logIn = async () => {
  const result = await send(proxy.logIn, "/api/login", { email, password: process.env.PASSWORD });
  assert.equal(result.status, 204);
  cookies = result.set;
};

await logIn();
assert.deepEqual(Object.keys(cookies), ["access", "refresh", "retry"]);

// Parallel calls share one refresh, and the service sees the address of the client.
expire();
const old = { ...cookies };
const parallel = await Promise.all(Array.from({ length: 6 }, () => send(proxy.forward, "/api/v1/auth/me", null, old)));
assert.deepEqual(parallel.map(({ status }) => status), Array(6).fill(200));
assert.equal(new Set(parallel.map(({ set }) => set.refresh + set.retry)).size, 1);
assert.deepEqual(front.seen, [{ token: old.refresh, key: old.retry, address: ADDRESS }]);
cookies = parallel[0].set;

// A late call with the old cookies gets the same refresh token.
const late = await send(proxy.forward, "/api/v1/auth/me", null, old);
assert.deepEqual([late.status, late.set.refresh], [200, cookies.refresh]);
cookies = late.set;

// So do calls in two processes.
expire();
const both = await Promise.all([proxy, secondProcess].map(({ forward }) => send(forward, "/api/v1/auth/me")));
assert.deepEqual(both.map(({ status }) => status), [200, 200]);
assert.equal(both[0].set.refresh, both[1].set.refresh);
assert.equal(front.seen.length, 2);
cookies = both[0].set;
assert.equal((await me()).status, 200);

// A refresh that fails or is lost leaves the cookies alone, and the next call succeeds.
for (const [fault, status] of [[503, 503], [429, 429], ["lost", 503]]) {
  expire();
  front.plan = [fault];
  assert.deepEqual(await me(), { status, after: "1", set: {} });
  assert.equal((await me()).status, 200);
  assert.equal(new Set(front.seen.map(({ token, key }) => token + key)).size, 1);
}

// Another client has used the refresh token: the cookies stay, and the page tries again.
expire();
const theirs = await (await post(service, "refresh", { refreshToken: cookies.refresh })).json();
assert.deepEqual(await me(), { status: 503, after: "1", set: {} });
cookies.refresh = theirs.refreshToken;
assert.equal((await me()).status, 200);

// A logout ends the session, also if the access token has expired; an outage leaves the cookies alone.
const dropped = { access: "", refresh: "", retry: "" };
expire();
front.plan = [503];
assert.deepEqual(await send(proxy.logOut, "/api/logout", {}), { status: 503, after: "1", set: {} });
assert.deepEqual(await send(proxy.logOut, "/api/logout", {}), { status: 204, after: null, set: dropped });

// The session has ended: the cookies are dropped.
expire();
assert.deepEqual(await me(), { status: 401, after: null, set: dropped });
// The limit of the service, 60 refreshes of a session in a minute: the cookies stay.
await logIn();
const statuses = [];
for (let refreshes = 1; refreshes <= 60; refreshes += 1) {
  expire();
  statuses.push((await me()).status);
}
assert.deepEqual(statuses, Array(60).fill(200));
expire();
const limited = await me();
assert.deepEqual([limited.status, limited.set], [429, {}]);
assert.ok(Number(limited.after) > 0 && Number(limited.after) <= 60, limited.after);
console.log("complete");
front.close();
