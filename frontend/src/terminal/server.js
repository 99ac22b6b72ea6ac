// The lab's own addresses: JSON both ways. What is refused becomes an Error with the server's sentence.

export class Refused extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status; // 0 where nobody answered
  }
}

const AWAY = "Skylab cannot be reached just now. Your work is safe; try again in a moment.";
const ODD = "That did not work, and it is our fault. Try again, or reload the page.";

export class Server {
  constructor(config) {
    this.urls = config.urls;
    this.token = config.token;
  }

  get(name, query = {}, options = {}) {
    const words = new URLSearchParams(query).toString();
    return this.ask(this.urls[name] + (words ? `?${words}` : ""), { method: "GET", ...options });
  }

  post(name, body = {}, options = {}) {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": this.token };
    return this.ask(this.urls[name], { method: "POST", headers, body: JSON.stringify(body), ...options });
  }

  async ask(url, { headers = {}, ...options }) {
    let answer;
    try {
      answer = await fetch(url, { ...options, headers: { Accept: "application/json", ...headers }, credentials: "same-origin" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Refused(AWAY, 0);
    }
    let said = null;
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) said = await answer.json();
    if (answer.ok && said) return said;
    if (answer.status === 403) throw new Refused("Your sign-in has changed in another window. Reload the page.", 403);
    throw new Refused(said?.refusal ?? ODD, answer.status);
  }
}

/** Bytes and the text that JSON carries them as. */
export function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}

export function asBytes(data) {
  return typeof data === "string" ? new TextEncoder().encode(data) : data;
}
