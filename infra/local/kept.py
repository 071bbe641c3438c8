"""What a stack finds again in its folder: the deployer's keys, the accounts with their secrets, the sources' keys."""

import base64
import json
import secrets
from dataclasses import asdict

from infra.local import deploy, seed
from infra.local.paths import RunFolder
from infra.local.settings import StackSettings
from infra.local.simulator.accounts import PlatformAccount


def credentials(settings: StackSettings) -> deploy.Credentials:
    """The deployer's keys: those in the folder if this MiniStack still knows them, else new ones."""
    file = settings.folder.path / "credentials.json"
    if file.exists():
        known = deploy.Credentials(**json.loads(file.read_text()))
        if deploy.are_good(settings, known):
            return known
    file.touch(mode=0o600)
    made = deploy.create_deployer(settings)
    file.write_text(json.dumps(asdict(made)))
    return made


def platform_accounts(folder: RunFolder) -> list[PlatformAccount]:
    """The accounts of this stack, invented once: callback addresses and keys stay the same from run to run."""
    file = folder.path / "accounts.json"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(json.dumps([account.to_json() for account in seed.invent_accounts()]))
    return [PlatformAccount.from_json(each) for each in json.loads(file.read_text())]


def write_keys(folder: RunFolder) -> dict[str, str]:
    """The write keys of the seeded sources, made once."""
    made = {source: f"wk_{source}_{secrets.token_hex(16)}" for source in seed.SOURCES}
    return _made_once(folder, "write_keys.json", made)


def identity_keys(folder: RunFolder) -> dict[str, str]:
    """The keys under which this stack keeps phones and addresses, made once."""
    made = {name: base64.b64encode(secrets.token_bytes(32)).decode() for name in ("hash_key", "seal_key")}
    return _made_once(folder, "identity.json", made)


def _made_once(folder: RunFolder, name: str, made: dict[str, str]) -> dict[str, str]:
    file = folder.path / name
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(json.dumps(made))
    found: dict[str, str] = json.loads(file.read_text())
    return found
