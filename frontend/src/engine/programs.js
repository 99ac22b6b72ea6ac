// Commands that a lab needs and just-bash has not, or not quite.
import { unzipSync, zipSync } from "fflate";
import { defineCommand } from "just-bash/browser";

const said = (stdout, stderr = "", exitCode = 0) => ({ stdout, stderr, exitCode });

/** Return all files of a path: [name, bytes]. */
async function gathered(fs, cwd, name, recursive) {
  const path = fs.resolvePath(cwd, name);
  const { isDirectory } = await fs.stat(path);
  if (!isDirectory) return [[name.replace(/^(\.?\/)+/, ""), await fs.readFileBuffer(path)]];
  if (!recursive) return [];
  const below = await Promise.all((await fs.readdir(path)).map((each) => gathered(fs, cwd, `${name.replace(/\/$/, "")}/${each}`, true)));
  return below.flat();
}

/** zip [-r] [-q] [-j] [-0…-9] ARCHIVE FILE…: what a Lambda function's code comes in. */
const zip = defineCommand("zip", async (argv, { fs, cwd }) => {
  const letters = argv.filter((word) => /^-[A-Za-z0-9]+$/.test(word)).join("");
  const [archive, ...names] = argv.filter((word) => !word.startsWith("-"));
  if (!archive || !names.length) return said("", "usage: zip [-r] [-q] [-j] ARCHIVE FILE ...\n", 16);
  const target = fs.resolvePath(cwd, archive.includes(".") ? archive : `${archive}.zip`);
  let entries = {};
  let lines = "";
  if (await fs.exists(target)) entries = unzipSync(await fs.readFileBuffer(target));
  for (const name of names) {
    let files;
    try {
      files = await gathered(fs, cwd, name, letters.includes("r"));
    } catch {
      return said(lines, `zip warning: name not matched: ${name}\nzip error: Nothing to do! (${archive})\n`, 12);
    }
    for (const [inside, data] of files) {
      if (fs.resolvePath(cwd, inside) === target) continue;
      const kept = letters.includes("j") ? inside.split("/").at(-1) : inside;
      lines += `  adding: ${kept} (${data.length} bytes)\n`;
      entries[kept] = data;
    }
  }
  await fs.writeFile(target, zipSync(entries, { level: 6, mtime: new Date() }));
  return said(letters.includes("q") ? "" : lines);
});

/** unzip [-l] [-o] [-q] [-p] [-d FOLDER] ARCHIVE [FILE…] */
const unzip = defineCommand("unzip", async (argv, { fs, cwd }) => {
  const words = [...argv];
  const at = words.indexOf("-d");
  const folder = at < 0 ? "." : words.splice(at, 2)[1];
  const letters = words.filter((word) => word.startsWith("-")).join("");
  const [archive, ...wanted] = words.filter((word) => !word.startsWith("-"));
  if (!archive) return said("", "usage: unzip [-l] [-o] [-q] [-p] [-d FOLDER] ARCHIVE [FILE ...]\n", 10);
  let entries;
  try {
    entries = Object.entries(unzipSync(await fs.readFileBuffer(fs.resolvePath(cwd, archive))));
  } catch {
    return said("", `unzip:  cannot find or open ${archive}\n`, 9);
  }
  if (wanted.length) entries = entries.filter(([name]) => wanted.includes(name));
  if (letters.includes("l")) {
    const rows = entries.map(([name, data]) => `${String(data.length).padStart(9)}  ${name}\n`);
    return said(`Archive:  ${archive}\n   Length  Name\n---------  ----\n${rows.join("")}`);
  }
  if (letters.includes("p")) return said(entries.map(([, data]) => new TextDecoder().decode(data)).join(""));
  let lines = `Archive:  ${archive}\n`;
  for (const [name, data] of entries) {
    // Whoever made the archive does not choose where it goes: ".." stays in the folder.
    const inside = name.split("/").filter((part) => part && part !== "." && part !== "..");
    const path = fs.resolvePath(cwd, [folder, ...inside].join("/"));
    if (name.endsWith("/")) await fs.mkdir(path, { recursive: true });
    else {
      await fs.mkdir(path.slice(0, path.lastIndexOf("/")) || "/", { recursive: true });
      if ((await fs.exists(path)) && !letters.includes("o")) return said(lines, `unzip: ${name} exists: -o overwrites it\n`, 1);
      await fs.writeFile(path, data);
      lines += `  inflating: ${name}\n`;
    }
  }
  return said(letters.includes("q") ? "" : lines);
});

const whoami = defineCommand("whoami", async () => said("learner\n"));

/** xargs as people write it: -I{} and -n1 are -I {} and -n 1. */
const xargs = defineCommand("xargs", async (argv, { origCommand }) => {
  const words = [];
  let options = true;
  for (const word of argv) {
    const joined = options && /^-([InPLd])(.+)$/.exec(word);
    if (options && !word.startsWith("-") && !/^-[InPLd]$/.test(words.at(-1) ?? "")) options = false;
    words.push(...(joined ? [`-${joined[1]}`, joined[2]] : [word]));
  }
  return origCommand(words);
});

export const programs = [zip, unzip, whoami, xargs];
