// The copy that this device keeps of what the server has not confirmed: an IndexedDB database for each attempt, of the
// latest version of each place's answer. It outlives a reload and a crash, and is removed after the receipt.

const STORE = "unsent";
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export const databaseOf = (attempt) => `skylab-exam-${attempt}`;

export class AnswerStore {
  // Where the browser keeps nothing for us (blocked, private, full), the copy is this page's memory: `lasting` says so.
  static async open(attempt) {
    const store = new AnswerStore();
    store.name = databaseOf(attempt);
    store.memory = new Map();
    try {
      const request = indexedDB.open(store.name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "place" });
      store.database = await done(request);
      // Another window removes the database after the receipt.
      store.database.onversionchange = () => store.database.close();
    } catch {
      store.database = null;
    }
    return store;
  }

  get lasting() {
    return this.database !== null;
  }

  async keep(entry) {
    this.memory.set(entry.place, entry);
    await this.#write((rows) => rows.put(entry));
  }

  // Forget a place's entry, unless a newer version has taken its place.
  async drop(place, sequence) {
    if ((this.memory.get(place)?.sequence ?? 0) <= sequence) this.memory.delete(place);
    await this.#write((rows) => {
      const request = rows.get(place);
      request.onsuccess = () => {
        if (request.result && request.result.sequence <= sequence) rows.delete(place);
      };
    });
  }

  async all() {
    if (!this.database) return [...this.memory.values()];
    try {
      return await done(this.database.transaction(STORE).objectStore(STORE).getAll());
    } catch {
      return [...this.memory.values()];
    }
  }

  async remove() {
    this.memory.clear();
    this.database?.close();
    if (this.database) await done(indexedDB.deleteDatabase(this.name)).catch(() => {});
  }

  #write(change) {
    if (!this.database) return Promise.resolve();
    return new Promise((resolve) => {
      try {
        // "strict": on the disk, not only with the operating system, before it is called kept.
        const transaction = this.database.transaction(STORE, "readwrite", { durability: "strict" });
        change(transaction.objectStore(STORE));
        transaction.oncomplete = resolve;
        transaction.onabort = transaction.onerror = () => this.#lose(resolve);
      } catch {
        this.#lose(resolve);
      }
    });
  }

  // A full disk in the middle of the exam: what was written stays readable, from here on the memory is the copy.
  #lose(resolve) {
    this.database?.close();
    this.database = null;
    resolve();
  }
}
