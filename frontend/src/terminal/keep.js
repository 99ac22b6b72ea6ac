// What this browser keeps of a session, in IndexedDB: files, the history, working directory and variables.
// Where IndexedDB is blocked it is kept in memory, and the server has the files.

const NAME = "skylab-shell";
const VERSION = 1;

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const store of ["files", "state"]) request.result.createObjectStore(store);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error("blocked"));
  });
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Keep {
  constructor(session) {
    this.session = session;
    this.memory = { files: new Map(), state: new Map() };
    // A browser that forbids it answers at once, one that is busy upgrading may not: a prompt waits for neither.
    this.open = Promise.race([opened(), new Promise((_, reject) => setTimeout(reject, 1500, new Error("slow")))]).catch(() => null);
  }

  async files() {
    const base = await this.open;
    if (!base) return this.memory.files;
    const range = IDBKeyRange.bound([this.session, ""], [this.session, "\uffff"]);
    const store = base.transaction("files").objectStore("files");
    const [keys, values] = await Promise.all([done(store.getAllKeys(range)), done(store.getAll(range))]);
    return new Map(keys.map((key, at) => [key[1], values[at]]));
  }

  async file(path, value) {
    const base = await this.open;
    if (!base) return value === null ? this.memory.files.delete(path) : this.memory.files.set(path, value);
    const store = base.transaction("files", "readwrite").objectStore("files");
    return done(value === null ? store.delete([this.session, path]) : store.put(value, [this.session, path]));
  }

  async get(name, place = this.session) {
    const base = await this.open;
    if (!base) return this.memory.state.get(`${place} ${name}`);
    return done(base.transaction("state").objectStore("state").get([place, name]));
  }

  async put(name, value, place = this.session) {
    const base = await this.open;
    if (!base) return this.memory.state.set(`${place} ${name}`, value);
    return done(base.transaction("state", "readwrite").objectStore("state").put(value, [place, name]));
  }
}

/** A preference of this browser; blocked storage is no storage. */
export const preference = {
  get(name) {
    try {
      return localStorage.getItem(`skylab-${name}`);
    } catch {
      return null;
    }
  },
  set(name, value) {
    try {
      localStorage.setItem(`skylab-${name}`, value);
    } catch {
      // it holds for this page
    }
  },
};
