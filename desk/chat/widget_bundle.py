"""Puts the widget's modules together into one script, as they are served.

Each module becomes a function that gives what it exports, those it imports before it: one
request instead of one for each module, and better compressed. The files themselves stay
what runs; nothing is built beforehand.
"""

import re
from pathlib import Path

COMMENT_BLOCK = re.compile(r"(?ms)^[ \t]*/\*.*?\*/[ \t]*\n")
COMMENT_LINE = re.compile(r"(?m)^[ \t]*//.*\n")
INDENTATION = re.compile(r"(?m)^[ \t]+")
EMPTY_LINES = re.compile(r"\n{2,}")
TYPE_IN_LINE = re.compile(r"/\*\* .*?\*/ ?")
ROUND_SIGNS = re.compile(r"\s*([{};,])\s*")
IMPORT = re.compile(r"(?ms)^import \{([^}]*)\} from '\./(\w+)\.js';\n")
EXPORT = re.compile(r"(?m)^export (?=(?:async function|function|class|const) (\w+))")
UNKNOWN = re.compile(r"(?m)^(?:import|export)\b.*|\bimport\(.*")


class BundleError(Exception):
    """A module uses a form of import or export that is not known here, or a circle."""


def shortened(text: str, suffix: str) -> str:
    """The text without whole-line comments, types, indentation and empty lines.

    Args:
        text: A script or style sheet.
        suffix: `.js` or `.css`.
    """
    for pattern in (COMMENT_BLOCK, COMMENT_LINE, INDENTATION):
        text = pattern.sub("", text)
    if suffix == ".css":
        return ROUND_SIGNS.sub(r"\1", text)
    return EMPTY_LINES.sub("\n", TYPE_IN_LINE.sub("", text))


def modules_of(entry: Path) -> list[Path]:
    """The module and all that it needs, each after those that it imports itself.

    Raises:
        BundleError: Two modules import each other.
    """
    ordered: list[Path] = []
    _visit(entry, ordered, [])
    return ordered


def _visit(module: Path, ordered: list[Path], above: list[Path]) -> None:
    if module in ordered:
        return
    if module in above:
        circle = " -> ".join(path.name for path in [*above, module])
        raise BundleError(f"{circle}: modules must not import in a circle.")
    for found in IMPORT.finditer(module.read_text(encoding="utf-8")):
        _visit(module.parent / f"{found[2]}.js", ordered, [*above, module])
    ordered.append(module)


def bundle(entry: Path) -> str:
    """One script that does what the module and its imports do.

    Raises:
        BundleError: A form of import or export that is not understood.
    """
    return "".join(_as_function(module) for module in modules_of(entry))


def _as_constants(found: re.Match[str]) -> str:
    names = found[1].replace(" as ", ": ")
    return f"const {{{names}}} = ${found[2]};\n"


def _as_function(module: Path) -> str:
    text = shortened(module.read_text(encoding="utf-8"), module.suffix)
    names = ",".join(EXPORT.findall(text))
    text = EXPORT.sub("", IMPORT.sub(_as_constants, text))
    if unknown := UNKNOWN.search(text):
        raise BundleError(
            f"{module.name}: {unknown[0]!r}: write \"import {{ a, b }} from './c.js';\" and"
            ' "export" before const, function or class.'
        )
    return f"const ${module.stem}=(()=>{{\n{text}return {{{names}}};\n}})();\n"
