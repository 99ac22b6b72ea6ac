// Tab: commands, files, and all that the AWS CLI knows (frontend/pack/complete.py), fetched a service at a time.

const REGIONS = ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3"];
const MOST = 200;

/** Split what stands before the cursor: the words of the command that it is in, and where its last word begins. */
export function words(before) {
  let found = [];
  let word = "";
  let begun = false;
  let start = before.length;
  let quote = "";
  const end = () => {
    if (begun) found.push(word);
    word = "";
    begun = false;
  };
  for (let place = 0; place < before.length; place++) {
    const letter = before[place];
    if (!begun) start = place;
    if (quote) {
      if (letter === quote) quote = "";
      else if (quote === '"' && letter === "$" && before[place + 1] === "(") {
        quote = "";
        found = [];
        word = "";
        begun = false;
        place++;
      } else word += letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      begun = true;
    } else if (letter === "\\" && before[place + 1] === "\n") {
      place++;
    } else if (letter === "\\") {
      word += before[++place] ?? "";
      begun = true;
    } else if (/[|;&\n(`]/.test(letter)) {
      end();
      found = [];
    } else if (/\s/.test(letter)) end();
    else if (/[<>]/.test(letter)) {
      end();
      found.push(letter);
    } else {
      word += letter;
      begun = true;
    }
  }
  return { words: found, current: word, start: begun ? start : before.length };
}

export class Completer {
  constructor({ shell, files, packs }) {
    Object.assign(this, { shell, files, packs });
    this.loaded = new Map();
  }

  /** Return {start, end, candidates} for a line with the cursor somewhere in it. */
  async complete(line, cursor) {
    const { words: typed, current, start } = words(line.slice(0, cursor));
    const result = (candidates, from = start) => ({ start: from, end: cursor, candidates: candidates.slice(0, MOST) });
    while (typed.length && /^[A-Za-z_]\w*=/.test(typed[0])) typed.shift();
    const commandWords = new Set(["then", "do", "else", "elif", "if", "while", "until", "!", "time", "{", "sudo", "exec"]);
    while (typed.length && commandWords.has(typed[0])) typed.shift();
    if (["<", ">"].includes(typed.at(-1))) return result(...(await this.path(current, start)));
    if (!typed.length && !current.includes("/")) return result(named(this.shell.words(), current));
    if (typed[0] !== "aws") return result(...(await this.path(current, start)));
    const found = await this.aws(typed.slice(1), current);
    return found ? result(found) : result(...(await this.path(current, start)));
  }

  /** Return what the AWS CLI takes at this place; null for a file. */
  async aws(typed, current) {
    const top = await this.load("_top");
    if (!top) return [];
    let node = { words: Object.fromEntries(Object.entries(top.services).map(([name, about]) => [name, { about }])) };
    let options = {};
    let asked;
    const used = new Set();
    for (const word of typed) {
      if (word.startsWith("--")) {
        used.add(word);
        const option = options[word] ?? top.options[word];
        asked = option && !option[2] ? [word, option] : undefined;
        continue;
      }
      if (asked) {
        // An option of the service takes values up to the next option; a global one takes one.
        if (!(asked[0] in options)) asked = undefined;
        continue;
      }
      if (!node.words?.[word]) continue;
      node = top.services[word] !== undefined && !node.options && node.words === undefined ? node : node.words[word];
      if (!node.words && !node.options) node = (await this.load(word)) ?? {};
      options = node.options ?? {};
    }
    if (current.startsWith("-")) {
      return Object.entries({ ...options, ...top.options })
        .filter(([name]) => name.startsWith(current) && !used.has(name))
        .map(([text, [about]]) => ({ text, about }));
    }
    if (asked) {
      const [name, [, values]] = asked;
      if (name === "--region") return named(REGIONS, current);
      if (name === "--output") return named([...values, "yaml"], current); // ours: pack/runtime/cli.py
      return values.length ? named(values, current) : null;
    }
    if (!node.words) return null;
    return Object.entries({ ...node.words, help: { about: "What there is, and how it is used" } })
      .filter(([name]) => name.startsWith(current))
      .map(([text, { about }]) => ({ text, about }));
  }

  /** Return the paths that a word may become: [candidates, where they begin]. */
  async path(current, start) {
    const scheme = /^fileb?:\/\//.exec(current)?.[0] ?? "";
    const typed = current.slice(scheme.length);
    const slash = typed.lastIndexOf("/") + 1;
    const home = this.shell.env.HOME ?? "/";
    const folder = typed.slice(0, slash).replace(/^~(?=\/)/, home);
    let entries;
    try {
      entries = await this.files.readdirWithFileTypes(this.files.resolvePath(this.shell.cwd, folder || "."));
    } catch {
      return [[], start];
    }
    const stem = typed.slice(slash);
    const candidates = entries
      .filter(({ name }) => name.startsWith(stem) && (stem.startsWith(".") || !name.startsWith(".")))
      .map(({ name, isDirectory }) => {
        const escaped = name.replace(/[\s'"\\$&;|<>()*?[\]#~`!]/g, "\\$&");
        return { text: scheme + typed.slice(0, slash) + escaped + (isDirectory ? "/" : ""), about: "" };
      });
    return [candidates, start];
  }

  load(name) {
    if (!this.loaded.has(name)) this.loaded.set(name, this.fetch(name));
    return this.loaded.get(name);
  }

  async fetch(name) {
    try {
      const answer = await fetch(`${this.packs}complete/${name}.bin`);
      if (!answer.ok) return null;
      return await new Response(answer.body.pipeThrough(new DecompressionStream("deflate"))).json();
    } catch {
      this.loaded.delete(name);
      return null;
    }
  }
}

function named(names, current) {
  return names
    .filter((name) => name.startsWith(current))
    .sort()
    .map((text) => ({ text, about: "" }));
}
