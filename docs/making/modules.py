"""The map of the code: every module with the first sentence of its docstring."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.making.markdown import NOTICE_EN, table
from docs.making.markdown import page as make_page

ROOT: Final = Path(__file__).resolve().parents[2]
SECTIONS: Final = (
    (
        "Functions",
        "functions",
        "What AWS calls. Each file translates the trigger, calls one service, translates the answer.",
    ),
    ("Wiring", "layers/core/yuchi", "What stands between the functions and the library."),
    ("Services", "layers/core/yuchi/services", "The use cases, and the ports through which they see the world."),
    (
        "Domain",
        "layers/core/yuchi/domain",
        "What Yuchi knows, without any outside world: no clock, no network, no environment.",
    ),
    ("Adapters", "layers/core/yuchi/adapters", "The ports on DynamoDB, SQS, WeChat and HTTPS."),
    ("Command line", "layers/core/yuchi/cli", "`yuchi`, for operators."),
    ("The stack on one machine", "infra/local", "`make up`, `make demo`, and the WeChat simulator."),
)


def page() -> str:
    """The page."""
    blocks = [NOTICE_EN, _INTRODUCTION]
    for heading, folder, meaning in SECTIONS:
        rows = [(f"[{name}](../../{path})", sentence) for name, path, sentence in _modules(folder)]
        if rows:
            blocks += [f"## {heading}", f"`{folder}`. {meaning}", table(("module", "what it is"), rows)]
    return make_page(*blocks)


def _modules(folder: str) -> Iterator[tuple[str, str, str]]:
    base = ROOT / folder
    deep = folder != "layers/core/yuchi"
    for path in sorted(base.rglob("*.py") if deep else base.glob("*.py")):
        sentence = _first_sentence(path)
        if sentence and path.name != "__main__.py":
            name = path.relative_to(base).as_posix().removesuffix("/__init__.py").removesuffix(".py")
            if name != "__init__":
                yield name, path.relative_to(ROOT).as_posix(), sentence


def _first_sentence(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    end = paragraph.find(". ")
    return paragraph[: end + 1] if end >= 0 else paragraph


_INTRODUCTION: Final = """\
# Map of the code

Imports point one way: `functions` -> `bootstrap` -> `adapters`, `services` -> `domain`; `make lint` checks it."""
