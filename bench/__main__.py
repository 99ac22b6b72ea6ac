"""Measure what we promise: `python -m bench [NAME …] [--write]`. --write keeps them in docs/figures.md.

Without names, all that are quick: a module that says `SLOW = True` takes minutes, and is run by its name only.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from pathlib import Path

import bench
from bench.figures import Figure, kept, machine


def discover() -> dict[str, str]:
    """Return the measurements: the modules here that have a `measure` function, by name, with their first line."""
    found = {}
    for info in pkgutil.iter_modules(bench.__path__):
        if info.name.startswith("_") or info.name in ("figures", "client"):
            continue
        module = importlib.import_module(f"bench.{info.name}")
        if hasattr(module, "measure"):
            found[info.name] = (module.__doc__ or "").strip().splitlines()[0]
    return found


def is_slow(name: str) -> bool:
    """Return whether a measurement is run by its name only."""
    return bool(getattr(importlib.import_module(f"bench.{name}"), "SLOW", False))


def main(words: list[str]) -> int:
    known = discover()
    given = [word.replace("-", "_") for word in words if not word.startswith("--")]
    names = given or [name for name in known if not is_slow(name)]
    if unknown := [name for name in names if name not in known]:
        print(f"No measurement {', '.join(unknown)}. There are:")
        print("\n".join(f"  {name:<12} {line}" for name, line in known.items()))
        return 2
    print(f"{machine()}, load average {os.getloadavg()[0]:.1f}")
    sections: dict[str, list[Figure]] = {}
    for name in names:
        print(f"\n{name}: {known[name]}", flush=True)
        sections[name] = importlib.import_module(f"bench.{name}").measure()
        for figure in sections[name]:
            print(
                f"  {figure.name:<58} {figure.text:>14}   {figure.bar and 'bar ' + figure.bar}  {figure.note}",
                flush=True,
            )
    if "--write" in words:
        page = Path(__file__).resolve().parents[1] / "docs" / "figures.md"
        page.write_text(kept(page.read_text(), sections))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
