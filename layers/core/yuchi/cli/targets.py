"""Which deployment a command is about: what was said, what lies in the folder, what SAM remembered."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEFAULT_STACK: Final = "yuchi"
STACK_FILE: Final = Path(".local", "stack.json")
SAM_FILE: Final = Path("samconfig.toml")


@dataclass(frozen=True, slots=True)
class Target:
    """Which deployment was asked for; what is None was not said."""

    stack: str | None = None
    stage: str | None = None
    region: str | None = None
    aws_profile: str | None = None
    local: bool = False
    stack_file: Path | None = None

    def file(self, folder: Path) -> Path | None:
        """The local stack's file, if it is meant: asked for, or there and nothing else was asked for."""
        if self.stack_file is not None:
            return self.stack_file
        found = next((each / STACK_FILE for each in (folder, *folder.parents) if (each / STACK_FILE).is_file()), None)
        if self.local:
            return found or folder / STACK_FILE
        named = self.stack or self.stage or self.region or self.aws_profile
        return None if named else found


def saved_by_sam(path: Path) -> dict[str, str]:
    """What ``sam deploy --guided`` remembered: stack and region."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        saved = content["default"]["deploy"]["parameters"]
        return {name: saved[name] for name in ("stack_name", "region") if isinstance(saved.get(name), str)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
