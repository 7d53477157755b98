"""Small wrong edits of the code, each with the test that fails by it: ``python tests/mutants/patches.py [NAME ...]``.

The first line of a patch names the test: ``# killed by: tests/path.py::test_name``. Without the patch the test passes;
with it, it fails: not the import, not the collection. All is done in a copy.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARK = "# killed by: "
SECONDS = 300
# What pytest returns where tests ran and some failed.
FAILED = 1


@dataclass(frozen=True)
class Patch:
    """A patch and the test that it does not survive."""

    path: Path
    test: str


def main(names: list[str]) -> int:
    """Return how many patches are not killed by their tests."""
    patches = [read(path) for path in sorted(Path(__file__).parent.glob("*.patch")) if not names or path.stem in names]
    if not patches:
        say("there is no such patch" if names else "there are no patches")
        return 1
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder) / "tree"
        copy_tree(tree)
        healthy = run(tree, *sorted({patch.test for patch in patches}))
        if healthy.returncode:
            say(healthy.stdout[-4000:], "the named tests do not pass without any patch")
            return 1
        verdicts = {patch: judge(patch, tree) for patch in patches}
    for patch, verdict in verdicts.items():
        say(f"{patch.path.stem:<40} {verdict:<9} {patch.test}")
    return sum(verdict != "killed" for verdict in verdicts.values())


def read(path: Path) -> Patch:
    """Return a patch file with the test that its first line names."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    if not first.startswith(MARK):
        raise SystemExit(f"the first line of {path} is not '{MARK}tests/path.py::test_name'")
    return Patch(path, first.removeprefix(MARK).strip())


def judge(patch: Patch, tree: Path) -> str:
    """Return what became of the code with the patch; the tree is as before afterwards."""
    apply = ["git", "apply", "-C1", str(patch.path)]
    done = subprocess.run(apply, cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"does not apply: {done.stderr.strip()}"
    try:
        found = run(tree, patch.test)
    finally:
        subprocess.run([*apply, "-R"], cwd=tree, capture_output=True, check=True)
    if found.returncode == FAILED:
        return "killed"
    return "SURVIVED" if found.returncode == 0 else f"its test does not run (pytest returned {found.returncode})"


def run(tree: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests against the packages of a tree."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    # Two edits in one second must not be taken for one by the compiled file.
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )


def copy_tree(target: Path) -> None:
    """Copy the project without what was built, and make it a place where ``git apply`` knows no other repository."""
    ignored = shutil.ignore_patterns("__pycache__", ".git", ".nox", ".venv", "*.pyc", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, target, ignore=lambda folder, names: ignored(folder, names) | built(Path(folder), names))
    subprocess.run(["git", "init", "-q"], cwd=target, check=True)


def built(folder: Path, names: list[str]) -> set[str]:
    """Return what is built of the names in the project's own folder."""
    return {"site", "build", "dist"} & set(names) if folder == ROOT else set()


def say(*lines: str) -> None:
    """Print lines."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
