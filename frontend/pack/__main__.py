"""Pack the AWS CLI for the browser: `python frontend/pack OUT`. Everything is read as files; nothing of AWS is imported.

    OUT/services/NAME.bin   the newest API of a service, without its descriptions (zlib, marshal); fetched at first use
    OUT/help/NAME.bin       its descriptions and examples, fetched by `aws NAME … help`
    OUT/complete/NAME.bin   what can be typed (complete.py; zlib, JSON)
    OUT/boto3.zip           boto3 for `python3`
    OUT/cli.zip             the CLI, the libraries it needs and our part of it, compiled for Pyodide's Python
    OUT/cli.snapshot        the memory of a Pyodide that has all of cli.zip imported, and a driver made

The last two are made by compile.mjs in Pyodide itself. OUT is kept from one build to the next while awscli's version
and this folder stay what they are.
"""

from __future__ import annotations

import hashlib
import json
import marshal
import re
import shutil
import subprocess
import sys
import zlib
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# What the CLI imports, by distribution; all of them Apache-2.0, MIT, BSD or PSF.
LIBRARIES = (
    "awscli",
    "colorama",
    "docutils",
    "jmespath",
    "python-dateutil",
    "urllib3",
    "rsa",
    "pyasn1",
    "six",
    "PyYAML",
)
LEFT_OUT = ("/examples/", "/botocore/data/", "/tests/", "cacert.pem", "/docutils/parsers/rst/include/", "/writers/html")
TYPES = (
    "service-2",
    "service-2.sdk-extras",
    "paginators-1",
    "paginators-1.sdk-extras",
    "waiters-2",
    "endpoint-rule-set-1",
)


def distribution(name: str) -> list[tuple[str, Path]]:
    """Return the files of an installed distribution: (name inside, where it is)."""
    found = []
    for file in metadata.distribution(name).files or []:
        inside = file.as_posix()
        if (
            inside.startswith("..")
            or "__pycache__" in inside
            or ".dist-info/" in inside
            or inside.endswith((".so", ".pyi"))
        ):
            continue
        if not any(part in f"/{inside}" for part in LEFT_OUT):
            found.append((inside, Path(str(file.locate()))))
    return found


def undocumented(value: Any) -> Any:
    """Return a model without its descriptions, which are most of it."""
    if isinstance(value, dict):
        return {
            # botocore insists on the descriptions of clientContextParams.
            key: each if key == "clientContextParams" else undocumented(each)
            for key, each in value.items()
            if key != "documentation" or isinstance(each, dict)
        }
    if isinstance(value, list):
        return [undocumented(each) for each in value]
    return value


def packed(value: Any) -> bytes:
    # Version 4 of marshal is what every Python since 3.4 reads, and is read several times as fast as JSON.
    return zlib.compress(marshal.dumps(value, 4), 9)


def pack_services(data: Path, examples: Path, out: Path) -> dict[str, Any]:
    """Write each service's packs; return {service: [version, types]}, which stands for its folder."""
    index: dict[str, Any] = {}
    for kind in ("services", "help"):
        (out / kind).mkdir(parents=True, exist_ok=True)
    for service in sorted(path for path in data.iterdir() if path.is_dir()):
        versions = [path for path in service.iterdir() if any(path.glob("service-2.json*"))]
        if not versions:
            continue
        newest = max(versions)
        models = {each: read(newest / f"{each}.json") for each in TYPES}
        models = {each: model for each, model in models.items() if model is not None}
        index[service.name] = [newest.name, sorted(models)]
        (out / "services" / f"{service.name}.bin").write_bytes(packed(undocumented(models)))
        described = {each: model for each, model in models.items() if each.startswith("service-2")}
        (out / "help" / f"{service.name}.bin").write_bytes(packed(described))
    # The texts that every page of help includes, by their place in the package.
    texts = [*examples.glob("*.rst"), *examples.rglob("_*.rst"), *(examples.parent / "topics").iterdir()]
    shared = {path.relative_to(examples.parent).as_posix(): path.read_text("utf-8") for path in sorted(texts)}
    (out / "help" / "_texts.bin").write_bytes(packed(shared))
    for folder in sorted(path for path in examples.iterdir() if path.is_dir()):
        texts = {path.relative_to(examples).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.rst")}
        (out / "help" / f"examples-{folder.name}.bin").write_bytes(packed(texts))
    return index


def read(path: Path) -> Any:
    """Return a JSON file that may be gzipped, or None."""
    import gzip

    if path.exists():
        return json.loads(path.read_bytes())
    squeezed = path.with_suffix(".json.gz")
    return json.loads(gzip.decompress(squeezed.read_bytes())) if squeezed.exists() else None


def write_tree(out: Path, files: list[tuple[str, Path]]) -> None:
    shutil.rmtree(out, ignore_errors=True)
    for inside, source in files:
        target = out / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def licences() -> str:
    """Return the licence texts of what is packed."""
    texts = []
    for name in (*LIBRARIES, "boto3"):
        found = metadata.distribution(name)
        files = [
            path
            for path in found.files or []
            if re.search(r"dist-info/(licenses/)?(LICEN|COPYING|NOTICE)", path.as_posix())
        ]
        said = found.metadata.get("License-Expression") or found.metadata.get("License") or "see its text"
        bodies = [Path(str(path.locate())).read_text("utf-8", "replace").strip() for path in files]
        texts.append("\n\n".join([f"{name} {found.version}: {said.splitlines()[0][:80]}", *bodies]) + "\n")
    return f"\n{'-' * 100}\n\n".join(texts)


def digest(*only: str) -> str:
    """Return a digest of what the packs are made from; `only` of some of our files."""
    found = hashlib.sha256(sys.version.encode())
    for path in sorted(path for path in HERE.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        if not only or path.name in only:
            found.update(f"{path.relative_to(HERE)}\0".encode() + path.read_bytes())
    for name in (*LIBRARIES, "boto3"):
        found.update(f"{name} {metadata.version(name)}\n".encode())
    if not only:
        found.update((HERE.parent / "package-lock.json").read_bytes())
    return found.hexdigest()


def step(*command: str) -> None:
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command[:2])} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")


def main(out: Path) -> None:
    stamp, models, work = out.with_suffix(".sha256"), out.with_suffix(".models.sha256"), out.with_suffix(".work")
    if stamp.exists() and stamp.read_text() == digest():
        return
    package = Path(str(metadata.distribution("awscli").locate_file("awscli")))
    data = package / "botocore" / "data"
    top_file = out.with_suffix(".top.bin")
    from_models = digest("__main__.py", "complete.py")
    if not (top_file.exists() and models.exists() and models.read_text() == from_models):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        completing = subprocess.Popen([sys.executable, str(HERE / "complete.py"), str(out / "complete")], cwd=HERE)
        index = pack_services(data, package / "examples", out)
        top = {path.stem: json.loads(path.read_bytes()) for path in sorted(data.glob("*.json"))}
        top |= {path.stem: json.loads(path.read_bytes()) for path in sorted((package / "data").glob("*.json"))}
        top["service-names"] = index
        top["cli"]["options"]["output"]["choices"].append("yaml")  # as version 2 of the CLI has it: runtime/cli.py
        top_file.write_bytes(packed(top))
        if completing.wait():
            sys.exit("complete.py failed; its own words are above.")
        models.write_text(from_models)
    files = [each for name in LIBRARIES for each in distribution(name)]
    write_tree(work / "cli", files)
    shutil.copytree(HERE / "runtime", work / "cli" / "skylab_shell", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(top_file, work / "cli" / "skylab_shell" / "data.bin")
    write_tree(work / "boto3", distribution("boto3"))
    (out / "licences.txt").write_text(licences())
    step("node", "compile.mjs", str(work), str(out))
    shutil.rmtree(work)
    stamp.write_text(digest())


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
