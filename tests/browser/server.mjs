// The server of the page, and its proxy to the service, so that the browser sees one origin.
import { readFile } from "node:fs/promises";
import { createServer, request as send } from "node:http";
import { setTimeout as pause } from "node:timers/promises";

// Without the latency of a network, one tab would have refreshed before the other has loaded.
const LATENCY = 100;

/** Passes a request on to the service, with the address of the browser. */
function forward(service, request, response) {
  const headers = { ...request.headers, host: service.host, "x-forwarded-for": request.socket.remoteAddress };
  const { method, url } = request;
  const forwarded = send({ host: service.hostname, port: service.port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  forwarded.on("error", () => response.destroy());
  request.pipe(forwarded);
}

/** Starts the server on a free port; `files` maps paths to files. Resolves to its address. */
export async function start(service, files) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    if (pathname.startsWith("/api/")) {
      await pause(LATENCY);
      return forward(service, request, response);
    }
    if (!(pathname in files)) return response.writeHead(404).end();
    const type = pathname.endsWith(".mjs") ? "text/javascript" : "text/html";
    return response.writeHead(200, { "Content-Type": type }).end(await readFile(files[pathname]));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
