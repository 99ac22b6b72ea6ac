// Calls to the server: JSON both ways, a time limit on each, and what went wrong in one word.

const PATIENCE = 10_000;

export class Trouble extends Error {
  // kind: "offline" (no way to the server, or no answer in time), "server" (it answers with an error), "signed-out".
  constructor(kind, wait = 0) {
    super(kind);
    this.kind = kind;
    this.wait = wait;
  }
}

// Fires "reached" after every answer, "trouble" (detail: the kind) after every failure.
export class Api extends EventTarget {
  constructor(urls, token) {
    super();
    this.urls = urls;
    this.token = token;
  }

  // Returns {status, data, asked, answered}; the last two are readings of performance.now(). Raises Trouble.
  async post(name, body, { keepalive = false } = {}) {
    try {
      let answer = await this.#send(name, body, keepalive);
      // Whoever signs in again, in another window, has another token.
      if (answer.status === 403 && (await this.#renewToken())) answer = await this.#send(name, body, keepalive);
      if (answer.type === "opaqueredirect" || [401, 403, 404].includes(answer.status)) throw new Trouble("signed-out");
      if (answer.status === 429 || answer.status >= 500) {
        throw new Trouble("server", Number(answer.headers.get("Retry-After")) * 1000);
      }
      const data = await answer.json().catch(() => {
        throw new Trouble("server");
      });
      this.dispatchEvent(new Event("reached"));
      return { status: answer.status, data, asked: answer.asked, answered: answer.answered };
    } catch (error) {
      const trouble = error instanceof Trouble ? error : new Trouble("offline");
      this.dispatchEvent(new CustomEvent("trouble", { detail: trouble.kind }));
      throw trouble;
    }
  }

  async #send(name, body, keepalive) {
    const asked = performance.now();
    const answer = await fetch(this.urls[name], {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.token },
      body: JSON.stringify(body),
      redirect: "manual",
      cache: "no-store",
      keepalive,
      signal: AbortSignal.timeout(PATIENCE),
    });
    answer.asked = asked;
    answer.answered = performance.now();
    return answer;
  }

  async #renewToken() {
    const page = await fetch(location.pathname, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    const found = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[data-exam-token]");
    const token = found?.dataset.examToken;
    if (!token) return false;
    this.token = token;
    return true;
  }
}
