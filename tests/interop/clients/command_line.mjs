// Runs a program of docs/clients/command-line.md several times at once, and with lost and failing refreshes.
//
//   PASSWORD=... node command_line.mjs http://127.0.0.1:8080 owner@example.com FOLDER
//
// FOLDER has login.sh and the two programs, access.sh and access.py.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { post, start } from "./faults.mjs";

const [service, email, folder] = process.argv.slice(2);

/** Starts a program with the environment of the page, as the leader of a group of processes. */
function begin(command, home, front) {
  const environment = { ...process.env, HOME: home, AUTH_EMAIL: email, AUTH_PASSWORD: process.env.PASSWORD };
  const [program, ...options] = command;
  const address = { AUTH_URL: front.url, AUTH_FOLDER: `${home}/.hooksentry` };
  return spawn(program, options, { env: { ...environment, ...address }, detached: true });
}

/** Runs a program to its end. */
async function run(command, home, front) {
  const child = begin(command, home, front);
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { output: output.trim(), errors, code };
}

async function check(command, home) {
  await mkdir(home);
  const front = await start(service);
  const file = `${home}/.hooksentry/tokens`;
  const me = (token) => fetch(`${service}/api/v1/auth/me`, { headers: { Authorization: `Bearer ${token}` } });
  const logIn = async () => {
    const login = (await readFile(`${folder}/login.sh`, "utf8")).replace("http://127.0.0.1:8080", front.url);
    assert.equal((await run(["sh", "-euc", login], home, front)).code, 0);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  };
  const expire = async () => {
    const tokens = await readFile(file, "utf8");
    await writeFile(file, tokens.replace(/"expiresAt":"[^"]*"/, '"expiresAt":"2020-01-01T00:00:00.000Z"'));
    [front.plan, front.seen] = [[], []];
  };
  const expectToken = async (attempts) => {
    const { output, errors, code } = await run(command, home, front);
    assert.equal(code, 0, errors);
    assert.equal((await me(output)).status, 200);
    assert.equal(front.seen.length, attempts);
    assert.equal(new Set(front.seen.map(({ token, key }) => token + key)).size, Math.min(attempts, 1));
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    return output;
  };

  assert.equal((await run(["sh", "-c", 'mkdir "$AUTH_FOLDER"'], home, front)).code, 0);
  assert.equal((await run(command, home, front)).code, 1, "there is no session");
  await logIn();
  await expectToken(0);

  // Programs at the same time, in both languages: one refreshes.
  await expire();
  const programs = [...commands, ...commands, ...commands];
  const results = await Promise.all(programs.map((command) => run(command, home, front)));
  assert.equal(new Set(results.map(({ output }) => output)).size, 1, JSON.stringify(results));
  assert.equal((await me(results[0].output)).status, 200);
  assert.equal(front.seen.length, 1);

  for (const faults of [["lost"], [503, 429]]) {
    await expire();
    front.plan = [...faults];
    await expectToken(faults.length + 1);
  }

  // A program that is killed after the service has issued a pair.
  await expire();
  front.plan = ["lost"];
  const killed = begin(command, home, front);
  for (let wait = 0; wait < 400 && front.seen.length === 0; wait += 1) await new Promise((resolve) => setTimeout(resolve, 25));
  process.kill(-killed.pid, "SIGKILL");
  await once(killed, "exit");
  assert.equal(front.plan.length, 0);
  await expectToken(2);

  // An outage keeps the tokens.
  await expire();
  front.plan = Array(5).fill(503);
  assert.equal((await run(command, home, front)).code, 75);
  await expectToken(6);

  // The session has ended elsewhere: the tokens are dropped.
  const { accessToken, refreshToken } = JSON.parse((await readFile(file, "utf8")).split("\n")[0]);
  assert.equal((await post(service, "logout", { refreshToken }, { Authorization: `Bearer ${accessToken}` })).status, 204);
  await expire();
  assert.equal((await run(command, home, front)).code, 1);
  assert.ok(!existsSync(file));
  front.close();
}

const commands = [["sh", `${folder}/access.sh`], ["python3", `${folder}/access.py`]];
await Promise.all(commands.map((command) => check(command, `${folder}/${command[0]}`)));
console.log("complete");
