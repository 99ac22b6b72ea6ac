// The shell's files, in the page's memory, and who changed what: for the worker (which has a copy) and for whoever saves.
import { InMemoryFs } from "just-bash/browser";

const NOT_THEIRS = /^\/(bin|usr|dev|proc|sys|etc|lib|cli)(\/|$)/;

/** A file system that tells of its changes: `changed` fires "change" events with a path. */
export class Files extends InMemoryFs {
  changed = new EventTarget();
  dirty = new Set();

  touch(path) {
    if (NOT_THEIRS.test(path)) return;
    this.dirty.add(path);
    this.changed.dispatchEvent(Object.assign(new Event("change"), { path }));
  }

  async writeFile(path, ...rest) {
    await super.writeFile(path, ...rest);
    this.touch(this.resolvePath("/", path));
  }

  async appendFile(path, ...rest) {
    await super.appendFile(path, ...rest);
    this.touch(this.resolvePath("/", path));
  }

  async mkdir(path, ...rest) {
    await super.mkdir(path, ...rest);
    this.touch(this.resolvePath("/", path));
  }

  async rm(path, ...rest) {
    const below = this.below(path);
    await super.rm(path, ...rest);
    for (const each of below) this.touch(each);
  }

  async cp(from, to, ...rest) {
    await super.cp(from, to, ...rest);
    for (const each of this.below(to)) this.touch(each);
  }

  async mv(from, to) {
    const below = this.below(from);
    await super.mv(from, to);
    for (const each of [...below, ...this.below(to)]) this.touch(each);
  }

  async chmod(path, mode) {
    await super.chmod(path, mode);
    this.touch(this.resolvePath("/", path));
  }

  async utimes(path, ...rest) {
    await super.utimes(path, ...rest);
    this.touch(this.resolvePath("/", path));
  }

  async symlink(target, path) {
    await super.symlink(target, path);
    this.touch(this.resolvePath("/", path));
  }

  async link(existing, path) {
    await super.link(existing, path);
    this.touch(this.resolvePath("/", path));
  }

  below(path) {
    const root = this.resolvePath("/", path);
    return this.getAllPaths().filter((each) => each === root || each.startsWith(`${root}/`));
  }

  /** Return the changes since the last call, as the worker takes them; all there is where it starts anew. */
  async news({ all = false } = {}) {
    const paths = all ? this.getAllPaths().filter((path) => path !== "/" && !NOT_THEIRS.test(path)) : [...this.dirty];
    this.dirty.clear();
    return Promise.all(paths.sort().map((path) => this.described(path)));
  }

  async described(path) {
    try {
      const { isDirectory, isSymbolicLink, mode, mtime } = await this.lstat(path);
      if (isSymbolicLink) return { path, kind: "link", data: await this.readlink(path) };
      if (isDirectory) return { path, kind: "folder", mode };
      return { path, kind: "file", data: await this.readFileBuffer(path), mode, time: mtime.getTime() };
    } catch {
      return { path, kind: "gone" };
    }
  }

  /** Make the changes that a command made in the worker. */
  async take(changes) {
    for (const { path, kind, data, mode, time } of changes) {
      if (path === "/" || NOT_THEIRS.test(path)) continue;
      try {
        if (kind === "gone") await super.rm(path, { recursive: true, force: true });
        else if (kind === "folder") await super.mkdir(path, { recursive: true });
        else if (kind === "link") await super.symlink(data, path);
        else {
          await super.writeFile(path, data);
          if (mode) await super.chmod(path, mode);
          await super.utimes(path, new Date(time), new Date(time));
        }
      } catch {
        continue;
      }
      this.touch(path);
      this.dirty.delete(path);
    }
  }
}

/** The small interface that the page has: paths, bytes, and nothing of the shell. */
export function facade(files) {
  return {
    changed: files.changed,
    read: (path) => files.readFileBuffer(path),
    write: async (path, data) => {
      await files.mkdir(path.slice(0, path.lastIndexOf("/")) || "/", { recursive: true });
      await files.writeFile(path, data);
    },
    remove: (path) => files.rm(path, { recursive: true, force: true }),
    stat: (path) => files.stat(path),
    exists: (path) => files.exists(path),
    list: async (folder) => {
      const entries = await files.readdirWithFileTypes(folder);
      return entries.map(({ name, isDirectory }) => ({ name, isDirectory }));
    },
  };
}
