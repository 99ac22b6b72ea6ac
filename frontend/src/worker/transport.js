// Requests of the AWS CLI leave through here: to our own origin, for the sandbox's endpoint, and nowhere else.

/** Return `send` for Python, and `setClock`, which corrects this worker's clock where the machine's is wrong. */
export function transport({ sandbox, endpoint }) {
  const gate = new URL(sandbox, self.location.href).href.replace(/\/$/, "");
  const host = new URL(endpoint).host;

  /** Return [status, headers, body]; status 0 and the reason where nothing answered. */
  function send(method, address, headers, body) {
    const url = new URL(address);
    if (url.host !== host) return [0, `this terminal reaches the sandbox only (${host}), not ${url.host}`, new Uint8Array()];
    const request = new XMLHttpRequest();
    // The address as it was signed, letter by letter: URL would tidy it.
    request.open(method, gate + (address.slice(address.indexOf(url.host) + url.host.length) || "/"), false);
    request.responseType = "arraybuffer";
    for (const [name, value] of headers.toJs ? headers.toJs() : headers) {
      // A browser does not let a script name itself.
      request.setRequestHeader(name.toLowerCase() === "user-agent" ? "X-Skylab-Agent" : name, value);
    }
    request.setRequestHeader("X-Skylab-Sandbox", "1");
    const content = body?.toJs ? body.toJs() : body;
    try {
      request.send(content ?? null);
    } catch (error) {
      return [0, `the sandbox does not answer (${error.message})`, new Uint8Array()];
    }
    if (request.getResponseHeader("x-skylab-away")) return [0, new TextDecoder().decode(request.response), new Uint8Array()];
    return [request.status, request.getAllResponseHeaders(), new Uint8Array(request.response ?? 0)];
  }

  /** A signature is good for minutes: take the server's time where the machine's is further off. */
  async function setClock() {
    try {
      const answer = await fetch(`${gate}/_skylab/health`, { headers: { "X-Skylab-Sandbox": "1" }, method: "HEAD", cache: "no-store" });
      const off = Date.parse(answer.headers.get("date")) - Date.now();
      if (Math.abs(off) > 20_000) {
        const machine = Date.now.bind(Date);
        Date.now = () => machine() + off;
      }
    } catch {
      // Offline: the first command will say so.
    }
  }

  return { send, setClock };
}
