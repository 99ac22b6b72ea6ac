// The half of the pack that Pyodide itself makes: `node compile.mjs WORK OUT`.
//
// cli.zip holds compiled modules, stored without compression (HTTP compresses better): Python imports from it as it is.
// cli.snapshot is the memory of a Pyodide after all imports and the first commands; a browser starts from there.
import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import zlib from "node:zlib";
import { loadPyodide } from "pyodide";

const [work, out] = process.argv.slice(2);

/** Return the files of a folder: [name inside, bytes]. */
async function tree(root) {
  const found = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    found.push([path.relative(root, file), await readFile(file)]);
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Put files into Pyodide's memory. */
function put(py, root, files) {
  for (const [name, data] of files) {
    py.FS.mkdirTree(path.posix.dirname(`${root}/${name}`));
    py.FS.writeFile(`${root}/${name}`, data);
  }
}

const COMPILE = `
import marshal, importlib.util, zipfile, pathlib
def compiled(root, archive, sources):
    """Zip a folder, its modules compiled (or as they are), every entry with the same date."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as out:
        for path in sorted(pathlib.Path(root).rglob("*")):
            if not path.is_file(): continue
            name, data = str(path.relative_to(root)), path.read_bytes()
            if name.endswith(".py") and not sources:
                try: code = compile(data, "/cli/cli.zip/" + name, "exec", dont_inherit=True, optimize=0)
                except SyntaxError: continue
                name, data = name + "c", importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)
            out.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
`;

const builder = await loadPyodide();
put(builder, "/src", await tree(path.join(work, "cli")));
put(builder, "/boto3", await tree(path.join(work, "boto3")));
builder.runPython(COMPILE);
builder.runPython(`compiled("/src", "/cli.zip", False); compiled("/boto3", "/boto3.zip", False)`);
const cli = builder.FS.readFile("/cli.zip");
await writeFile(path.join(out, "cli.zip"), cli);
await writeFile(path.join(out, "boto3.zip"), builder.FS.readFile("/boto3.zip"));
const data = builder.FS.readFile("/src/skylab_shell/data.bin");

// What a first lab does: its modules and models are in memory, whoever asks.
const REHEARSED = [
  ["sts", "get-caller-identity"],
  ["s3", "ls"],
  ["s3api", "list-buckets", "--output", "table"],
  ["iam", "list-users", "--output", "text"],
  ["ec2", "describe-instances", "--query", "Reservations[].Instances[]"],
  ["dynamodb", "list-tables", "--output", "yaml"],
  ["sqs", "list-queues"],
  ["sns", "list-topics"],
  ["lambda", "list-functions"],
  ["configure", "list"],
  ["s3", "cp", "/packs/services/sts.bin", "s3://bucket/key"],
  ["s3", "sync", "/packs/services", "s3://bucket/", "--exclude", "*", "--dryrun"],
  ["s3api", "get-bucket-location", "help"],
];
const sleeper = await loadPyodide({ _makeSnapshot: true });
put(sleeper, "/cli", [["cli.zip", cli], ["data.bin", data]]);
sleeper.FS.mkdirTree("/home/learner");
put(sleeper, "/packs/help", [["_texts.bin", await readFile(path.join(out, "help", "_texts.bin"))]]);
put(sleeper, "/packs/services", await tree(path.join(out, "services")));
const wrong = sleeper.runPython(`
import sys
sys.path.insert(0, "/cli/cli.zip")
sys.dont_write_bytecode = True
import json, skylab_shell.boot
wrong = skylab_shell.boot.rehearse("/packs", json.loads(${JSON.stringify(JSON.stringify(REHEARSED))}))
skylab_shell.boot.forget()
"\\n".join(wrong)
`);
if (wrong) throw new Error(`the rehearsal failed:\n${wrong}`);
const snapshot = sleeper.makeMemorySnapshot();
await writeFile(path.join(out, "cli.snapshot"), snapshot);
// Sent in its place; most of it is air. A higher quality takes minutes for a tenth less.
const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 5, [zlib.constants.BROTLI_PARAM_LGWIN]: 24, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: snapshot.length };
await writeFile(path.join(out, "cli.snapshot.br"), zlib.brotliCompressSync(snapshot, { params }));
