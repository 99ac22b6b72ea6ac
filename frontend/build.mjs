// Bundle the islands: `node build.mjs OUT [PACKS]`. Called by build.py, which knows when there is anything to do.
//
// Every folder of src/ with an index.js is an entry: src/terminal/index.js becomes OUT/terminal-HASH.js (and .css where
// it imports a style sheet). OUT/manifest.json says which name has which hash; {% static "dist/terminal.js" %} reads it.
// Files of OUT never change under their name, so that browsers keep them for good.
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import zlib from "node:zlib";
import * as esbuild from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(here, "..", "static", "dist"));
const packs = process.argv[3] && path.resolve(process.argv[3]);
const manifest = {};
const brotli = promisify(zlib.brotliCompress);

const shared = {
  bundle: true,
  format: "esm",
  target: ["es2022"],
  minify: true,
  sourcemap: false,
  legalComments: "linked",
  metafile: true,
  outdir: out,
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  assetNames: "[name]-[hash]",
  logLevel: "warning",
  // just-bash asks for it in its browser bundle; fflate is what gzip is made of where there is no Node.
  alias: { "node:zlib": path.join(here, "src", "shims", "zlib.js") },
};

/** Bundle entries by name, and note their files in the manifest. */
async function bundle(names, options = {}) {
  const entryPoints = Object.fromEntries(names.map((name) => [name, path.join(here, "src", name, "index.js")]));
  const result = await esbuild.build({ ...shared, ...options, entryPoints });
  for (const [file, output] of Object.entries(result.metafile.outputs)) {
    // What is imported later has an entry point, too, in the same folder.
    const entry = output.entryPoint?.endsWith("/index.js") && path.basename(path.dirname(output.entryPoint));
    if (entry && names.includes(entry)) {
      manifest[`${entry}.js`] = path.basename(file);
      if (output.cssBundle) manifest[`${entry}.css`] = path.basename(output.cssBundle);
    }
  }
}

/** Write the licences of all packages of the lock beside what is made of them; stop at one that is not free enough. */
async function licences() {
  const allowed = /^\(?(MIT|Apache-2\.0|BSD-[23]-Clause|ISC|MPL-2\.0|0BSD|BlueOak-1\.0\.0|Python-2\.0|CC0-1\.0|Unlicense|Zlib|MIT-0)\b/;
  const texts = [];
  const modules = path.join(here, "node_modules");
  const lock = JSON.parse(await readFile(path.join(here, "package-lock.json"), "utf8"));
  for (const [place, { version, optional, dev }] of Object.entries(lock.packages).sort()) {
    const folder = path.join(here, place);
    if (!place || optional || dev || !existsSync(path.join(folder, "package.json"))) continue;
    const { license } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    const name = place.slice(place.lastIndexOf("node_modules/") + 13);
    if (!allowed.test(license ?? "")) throw new Error(`${name} ${version} has the licence ${license}, which is not one of ours`);
    const file = (await readdir(folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    texts.push(`${name} ${version}: ${license}\n\n${file ? (await readFile(path.join(folder, file), "utf8")).trim() : "(no text in the package)"}\n`);
  }
  const packed = path.join(packs ?? modules, "licences.txt");
  if (existsSync(packed)) texts.push(await readFile(packed, "utf8"));
  await writeFile(path.join(out, "licences.txt"), texts.join(`\n${"-".repeat(100)}\n\n`));
}

/** Copy a folder under a name that holds the hash of all of it: what is inside keeps its names. */
async function keepFolder(name, files) {
  const digest = createHash("sha256");
  for (const [inside, source] of files) digest.update(inside).update(await readFile(source));
  const hashed = `${name}-${digest.digest("hex").slice(0, 10)}`;
  for (const [inside, source] of files) {
    const target = path.join(out, hashed, inside);
    await mkdir(path.dirname(target), { recursive: true });
    await copyFile(source, target);
  }
  return hashed;
}

/** Return [name inside, where it is] for every file of a folder. */
async function filesOf(root) {
  const entries = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const found = entries.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  return found.sort().map((file) => [path.relative(root, file), file]);
}

/** Write a compressed twin beside what is large: it is sent in its place. Remembered, since it takes longer than the rest. */
async function compress(folder, pattern) {
  const memory = path.join(here, "node_modules", ".brotli");
  await mkdir(memory, { recursive: true });
  for (const [, file] of await filesOf(folder)) {
    if (!pattern.test(file) || existsSync(`${file}.br`)) continue;
    const data = await readFile(file);
    const known = path.join(memory, `${createHash("sha256").update(data).digest("hex")}.br`);
    if (!existsSync(known)) {
      const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 9, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: data.length };
      await writeFile(known, await brotli(data, { params }));
    }
    await copyFile(known, `${file}.br`);
  }
}

// just-bash forgets functions, arrays and options when a line ends; a person at a prompt does not expect that. The state
// that a line leaves behind becomes a property that src/engine/shell.js reads. A release that looks otherwise fails here.
const remember = {
  name: "remember",
  setup(build) {
    build.onLoad({ filter: /just-bash[\\/]dist[\\/]bundle[\\/]browser\.js$/ }, async ({ path: file }) => {
      const source = await readFile(file, "utf8");
      const depth = /async execInScope\(\w+,\w+,\w+,(\w+),/.exec(source)?.[1];
      const place = /let (\w+)=\{\.\.\.this\.state,env:(\w+),arrays:/g;
      if (!depth || [...source.matchAll(place)].length !== 1) throw new Error("just-bash is not the one that shell.js was written for");
      return { contents: source.replace(place, `let $1=(${depth}?{}:this).ranState={...this.state,env:$2,arrays:`), loader: "js" };
    });
  },
};

await mkdir(out, { recursive: true });
const pyodide = path.join(here, "node_modules", "pyodide");
const files = ["pyodide.asm.wasm", "pyodide.asm.mjs", "python_stdlib.zip"].map((name) => [name, path.join(pyodide, name)]);
const PYODIDE = await keepFolder("pyodide", files);
const PACKS = packs && existsSync(packs) ? await keepFolder("packs", await filesOf(packs)) : "";

// The worker knows the names of what it loads, and the engine the worker's: a page needs to know one name only.
const known = (names) => ({ "globalThis.SKYLAB_FILES": JSON.stringify(names) });
// Pyodide's list of packages, without the packages: everything is in cli.zip.
const { info } = JSON.parse(await readFile(path.join(pyodide, "pyodide-lock.json"), "utf8"));
const LOCK = JSON.stringify({ info, packages: {} });
await bundle(["worker"], { define: known({ PYODIDE, PACKS, LOCK }), external: ["node:*"] });
const entries = (await readdir(path.join(here, "src"), { withFileTypes: true }))
  .filter((entry) => entry.isDirectory() && entry.name !== "worker" && existsSync(path.join(here, "src", entry.name, "index.js")))
  .map((entry) => entry.name);
const inject = [path.join(here, "src", "shims", "buffer.js")];
await bundle(entries, { splitting: true, plugins: [remember], inject, define: known({ WORKER: manifest["worker.js"], PACKS }) });
await compress(out, /\.(js|mjs|css|wasm|zip)$/);
await licences();
await writeFile(path.join(out, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
