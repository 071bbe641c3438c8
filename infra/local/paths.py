"""Where the local stack keeps its things: all of it under ``.local/``, which git does not see."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
LOCAL: Final = ROOT / ".local"
STACK_FILE: Final = LOCAL / "stack.json"
"""What `make up` wrote; its format is in README.md."""

HOST_TAG: Final = f"cp{sys.version_info.major}{sys.version_info.minor}"
"""Layers are built for one Python; another version gets its own folder."""

BUILD: Final = LOCAL / "build" / HOST_TAG
CACHE: Final = LOCAL / "cache" / HOST_TAG


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one running stack, ``.local/<name>``."""

    name: str

    @property
    def path(self) -> Path:
        """The folder itself."""
        return LOCAL / self.name

    @property
    def settings(self) -> Path:
        """What the supervisor is started with."""
        return self.path / "settings.json"

    @property
    def processes(self) -> Path:
        """Which processes belong to the stack."""
        return self.path / "processes.json"

    @property
    def stack(self) -> Path:
        """The description of the stack; `make up` has it at ``.local/stack.json``."""
        return STACK_FILE if self.name == "up" else self.path / "stack.json"

    @property
    def temporary(self) -> Path:
        """Where MiniStack unpacks functions."""
        return self.path / "tmp"

    def log(self, name: str) -> Path:
        """A log file: ``supervisor``, ``ministack``, ``build``, ``deploy``."""
        return self.path / f"{name}.log"
