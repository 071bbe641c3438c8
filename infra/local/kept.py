"""What a stack finds again in its folder: the deployer's keys, and the accounts with their secrets."""

import json
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
