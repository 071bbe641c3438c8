"""What a local stack is started with, and the environment of its processes."""

import json
import os
from dataclasses import asdict, dataclass
from typing import Final, Self

from infra.local.paths import RunFolder
from infra.local.ports import HOST

REGION: Final = "us-east-1"
ROOT_KEY: Final = "test"
"""MiniStack's own account root, which its IAM never refuses. Used once: to make the deployer."""


def without_proxy() -> dict[str, str]:
    """Nothing on this machine is asked through a proxy; what else the user excepts stays excepted."""
    named = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    hosts = ",".join([*filter(None, [named]), HOST, "localhost"])
    return {"no_proxy": hosts, "NO_PROXY": hosts}


@dataclass(frozen=True, slots=True)
class StackSettings:
    """``port``: the API and the simulator. ``endpoint_port``: MiniStack. ``keep``: MiniStack saves its state."""

    name: str
    port: int
    endpoint_port: int
    locale: str = "zh"
    keep: bool = False

    @property
    def folder(self) -> RunFolder:
        """Where this stack keeps its things."""
        return RunFolder(self.name)

    @property
    def endpoint_url(self) -> str:
        """MiniStack's address."""
        return f"http://{HOST}:{self.endpoint_port}"

    @property
    def url(self) -> str:
        """The address of the API and of the simulator."""
        return f"http://{HOST}:{self.port}"

    def save(self) -> None:
        """Write the file that the supervisor reads."""
        self.folder.path.mkdir(parents=True, exist_ok=True)
        self.folder.settings.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, folder: RunFolder) -> Self:
        """Read it. Raises ``OSError`` when there is none."""
        return cls(**json.loads(folder.settings.read_text()))

    def emulator_environment(self) -> dict[str, str]:
        """For MiniStack. Nothing of the user's own AWS settings, nor of a Docker daemon, comes near it."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MINISTACK_"))}
        state = self.folder.path / "state"
        return {
            **inherited,
            **without_proxy(),
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": ROOT_KEY,
            "AWS_SECRET_ACCESS_KEY": ROOT_KEY,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "BIND_HOST": HOST,
            "DOCKER_HOST": f"unix://{self.folder.path}/no-docker.sock",
            "GATEWAY_PORT": str(self.endpoint_port),
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1" if self.keep else "0",
            "PYTHONUNBUFFERED": "1",
            "S3_DATA_DIR": str(state / "s3"),
            "S3_PERSIST": "1" if self.keep else "0",
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(state),
            "TMPDIR": str(self.folder.temporary),
        }

    def client_environment(self, *, access_key_id: str, secret_access_key: str) -> dict[str, str]:
        """For programs that talk to the stack with the SDK: the SAM CLI."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
        return {
            **inherited,
            **without_proxy(),
            "AWS_ACCESS_KEY_ID": access_key_id,
            "AWS_SECRET_ACCESS_KEY": secret_access_key,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "SAM_CLI_POLL_DELAY": "0.5",
            "SAM_CLI_TELEMETRY": "0",
            "__SAM_CLI_APP_DIR": str(self.folder.path / "sam"),
        }
