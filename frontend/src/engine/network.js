// `curl` in the terminal: the sandbox's endpoint (presigned URLs, public objects, APIs that a learner made), nothing else.

/** Return a fetch for just-bash's curl. */
export function sandboxFetch({ sandbox, endpoint }) {
  const host = new URL(endpoint).host;
  const gate = new URL(sandbox, document.baseURI).href.replace(/\/$/, "");
  return async (address, { method = "GET", headers = {}, body } = {}) => {
    const url = new URL(address);
    if (url.host !== host) {
      throw new Error(`Could not resolve host: ${url.hostname} (this terminal reaches the sandbox only: ${endpoint})`);
    }
    const sent = headers instanceof Headers ? Object.fromEntries(headers) : { ...headers };
    const answer = await fetch(gate + address.slice(address.indexOf(url.host) + url.host.length), {
      method,
      headers: { "X-Skylab-Agent": "curl", ...sent, "X-Skylab-Sandbox": "1" },
      body: ["GET", "HEAD"].includes(method) ? undefined : body,
      credentials: "omit",
      redirect: "manual",
    });
    const received = Object.create(null);
    for (const [name, value] of answer.headers) received[name.replace(/^x-skylab-as-/, "")] = value;
    return {
      status: answer.status,
      statusText: answer.statusText,
      headers: received,
      body: new Uint8Array(await answer.arrayBuffer()),
      url: address,
    };
  };
}
