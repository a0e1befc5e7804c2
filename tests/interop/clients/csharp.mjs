// Compiles the client of docs/clients/csharp.md with Mono, and uses it with parallel calls, and lost and failing refreshes.
//
//   PASSWORD=... node csharp.mjs http://127.0.0.1:8080 owner@example.com FOLDER
//
// FOLDER has Session.cs, Refreshing.cs and BearerHandler.cs. The access tokens of the service live for 31 seconds, so the client
// refreshes after one.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";
import { post, start } from "./faults.mjs";

// What ImplicitUsings adds in .NET.
const IMPLICIT = "using System; using System.Net.Http; using System.Threading; using System.Threading.Tasks;\n";
const [service, email, folder] = process.argv.slice(2);
const sources = [`${folder}/Session.cs`, `${folder}/Refreshing.cs`, `${folder}/BearerHandler.cs`, fileURLToPath(new URL("Program.cs", import.meta.url))];
const compiled = sources.map((source, index) => {
  writeFileSync(`${folder}/${index}.cs`, IMPLICIT + readFileSync(source, "utf8"));
  return `${folder}/${index}.cs`;
});
const libraries = ["-r:System.Net.Http.dll", "-r:System.Runtime.Serialization.dll"];
execFileSync("mcs", ["-langversion:latest", ...libraries, `-out:${folder}/client.exe`, ...compiled], { stdio: "inherit" });

const front = await start(service);
const client = spawn("mono", [`${folder}/client.exe`, front.url, email], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
assert.equal((await lines.next()).value, "ready");

/** Sends parallel requests after the access token has become old; returns their statuses. */
async function calls(count, ...plan) {
  await pause(1_100);
  [front.plan, front.seen] = [plan, []];
  client.stdin.write(`${count}\n`);
  return (await lines.next()).value;
}

assert.equal(await calls(8), Array(8).fill(200).join(" "));
assert.equal(front.seen.length, 1, "one thread refreshes for all");

for (const plan of [["lost"], [503, 429], ["lost", 503, "lost"]]) {
  assert.equal(await calls(2, ...plan), "200 200");
  assert.equal(front.seen.length, plan.length + 1);
  assert.equal(new Set(front.seen.map(({ token, key }) => token + key)).size, 1);
}

assert.equal(await calls(1, 503, 503, 503, 503, 503), "kept");
assert.equal(await calls(1), "200");

// The session has ended elsewhere: the client knows after one refresh, and sends none again.
const { token } = front.seen[0];
const { accessToken } = await (await post(service, "login", { email, password: process.env.PASSWORD })).json();
assert.equal((await post(service, "logout", { refreshToken: token }, { Authorization: `Bearer ${accessToken}` })).status, 204);
assert.equal(await calls(2), "401 401");
assert.equal(front.seen.length, 1);
assert.equal(await calls(1), "401");
assert.equal(front.seen.length, 0);

client.stdin.end();
console.log("complete");
front.close();
