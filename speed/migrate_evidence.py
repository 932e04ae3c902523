"""Renames the records of runs after what was asked, and notes the code that made them, in today's terms.

Until 28 November 2026 the digest that named a record covered the fingerprint of the code, and that
fingerprint counted import lines and module names. This script made the change, once, on the commit before the
one that holds its result. A record whose code is that of the checkout, by the old count, gets the new
fingerprint of the same code. An older record keeps the fingerprint it has, which no code will have again: it
is stale, as it was. Where two records ask for the same, the newer stays.

    python speed/migrate_evidence.py            says what it would do
    python speed/migrate_evidence.py --write    does it
"""

import ast
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from repro.catalog.catalog import Catalog
from repro.catalog.code.signatures import SECTIONS
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.fingerprint import fingerprint
from repro.catalog.settings.resolve import canonical_json, digest
from repro.evidence.folder import RunFolder

ALWAYS = ("train", "optim", "execute")
LEFT_OUT = ("registry", "errors", "paths", "folder", "pictures", "catalog", "report", "pages", "cli")
NOT_CODE = {"ctx", "kind", "type_comment", "type_ignores"}


def old_fingerprint(config: ResolvedConfig, catalog: Catalog) -> str:
    """The fingerprint as it was counted before: module names, and every statement but docstrings."""
    source, top = catalog.signatures.source, "repro"
    waiting = [catalog.signatures.signature(s, getattr(config, s).name).module for s in SECTIONS]
    waiting += [*(f"{top}.{name}" for name in ALWAYS), *source.modules(f"{top}.probes")]
    found: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module not in found and module != top and module.split(".")[1] not in LEFT_OUT:
            found.add(module)
            waiting.extend(source.imports(module))
    hashes = {module: sha256(repr(skeleton(source.tree(module)))) for module in sorted(found)}
    return sha256(canonical_json(hashes))


def skeleton(node: Any) -> Any:
    if isinstance(node, ast.Constant):
        return ("Constant", type(node.value).__name__, repr(node.value))
    if isinstance(node, ast.AST):
        fields = [(name, value) for name, value in ast.iter_fields(node) if name not in NOT_CODE]
        inner = [(name, skeleton(without_docstring(node, name, value))) for name, value in fields]
        return (type(node).__name__, *((name, value) for name, value in inner if value not in (None, ())))
    return tuple(skeleton(item) for item in node) if isinstance(node, list) else node


def without_docstring(node: ast.AST, name: str, value: Any) -> Any:
    owners = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    if name != "body" or not isinstance(node, owners) or not value or not isinstance(value[0], ast.Expr):
        return value
    first = value[0].value
    return value[1:] if isinstance(first, ast.Constant) and isinstance(first.value, str) else value


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def old_digest(config: dict[str, Any]) -> str:
    """The digest as it was: the code was part of it."""
    plain = {**config["config"], "data": {**config["config"]["data"]}}
    plain["data"].pop("path", None)
    parts = {"config": plain, "seed": config["seed"], "data": config["data"], "fingerprint": config["code"]}
    return sha256(canonical_json(parts))


def migrated(path: Path, catalog: Catalog) -> tuple[Path, dict[str, Any]]:
    """The new place of a record, and what it holds."""
    record = json.loads(path.read_text(encoding="utf-8"))
    config = record["config"]
    resolved = ResolvedConfig.model_validate(config["config"])
    if config["digest"] != old_digest(config):
        sys.exit(f"{path} does not hold what its digest says")
    if config["code"] == old_fingerprint(resolved, catalog):
        config["code"] = fingerprint(resolved, catalog.signatures).combined
    config["digest"] = record["summary"]["digest"] = digest(resolved, config["seed"], config["data"])
    return path.with_name(f"{config['digest'][:16]}.json"), record


def started(record: dict[str, Any]) -> str:
    return str(record["environment"]["started"])


if __name__ == "__main__":
    catalog = Catalog.load()
    paths = sorted((catalog.root / "evidence").glob("*/*/*.json"))
    asked = sorted((migrated(path, catalog) for path in paths), key=lambda pair: started(pair[1]))
    newest = dict(asked)
    if "--write" in sys.argv:
        for path in paths:
            path.unlink()
        for place, record in newest.items():
            RunFolder(place.parent).write_json(place, record, rows="curve")
    print(f"{len(paths)} records, of which {len(paths) - len(newest)} give way to a newer one")
