// One file system for two: the shell's, on the page, is the true one. Before a command its changes come here, and after
// it what the command wrote goes back.

const OURS = new Set(["cli", "dev", "lib", "packs", "proc", "sys", "bin", "usr", "etc", "boot"]);
// What we put down has this time of change, which no later write has.
const UNTOUCHED = 1;

export class Files {
  constructor(FS) {
    this.FS = FS;
    this.known = new Set();
    this.walk((path) => this.settle(path));
  }

  /** Make the changes of the shell: {path, kind: "file" | "folder" | "link" | "gone", data, mode}. */
  take(changes) {
    const { FS } = this;
    for (const { path, kind, data, mode, time } of changes) {
      try {
        if (kind === "gone") this.remove(path);
        else if (kind === "folder") FS.mkdirTree(path);
        else {
          FS.mkdirTree(path.slice(0, path.lastIndexOf("/")) || "/");
          if (kind === "link") {
            this.remove(path);
            FS.symlink(data, path);
          } else {
            FS.writeFile(path, data);
            if (mode) FS.chmod(path, mode);
            FS.utime(path, time, time); // `aws s3 sync` goes by it
          }
        }
      } catch {
        continue; // a folder in a file's place, for a moment: the next change sets it right
      }
    }
    for (const { path } of changes) this.settle(path);
    for (let path of changes.map((change) => change.path)) {
      while (path.length > 1) this.settle((path = path.slice(0, path.lastIndexOf("/")) || "/"));
    }
  }

  /** Return what is different from what was taken or given before. */
  changed() {
    const changes = [];
    const seen = new Set();
    this.walk((path, node) => {
      seen.add(path);
      if (this.known.has(path) && node.ctime === UNTOUCHED) return;
      if (this.FS.isDir(node.mode)) {
        if (!this.known.has(path)) changes.push({ path, kind: "folder", mode: node.mode & 0o777 });
      } else if (this.FS.isLink(node.mode)) changes.push({ path, kind: "link", data: node.link });
      else changes.push({ path, kind: "file", data: this.FS.readFile(path), mode: node.mode & 0o777, time: Number(node.mtime) });
    });
    for (const path of this.known) if (!seen.has(path)) changes.push({ path, kind: "gone" });
    for (const { path, kind } of changes) kind === "gone" ? this.known.delete(path) : this.settle(path);
    return changes;
  }

  settle(path) {
    if (path === "/") return; // it is never new, and never gone
    try {
      this.FS.lookupPath(path, { follow: false }).node.ctime = UNTOUCHED;
      this.known.add(path);
    } catch {
      this.known.delete(path);
    }
  }

  remove(path) {
    const { FS } = this;
    let node;
    try {
      ({ node } = FS.lookupPath(path, { follow: false }));
    } catch {
      return;
    }
    if (FS.isDir(node.mode)) {
      for (const name of FS.readdir(path)) if (name !== "." && name !== "..") this.remove(`${path}/${name}`);
      FS.rmdir(path);
    } else FS.unlink(path);
  }

  walk(visit, folder = "") {
    for (const name of this.FS.readdir(folder || "/")) {
      if (name === "." || name === ".." || (!folder && OURS.has(name))) continue;
      const path = `${folder}/${name}`;
      const { node } = this.FS.lookupPath(path, { follow: false });
      visit(path, node);
      if (this.FS.isDir(node.mode)) this.walk(visit, path);
    }
  }
}
