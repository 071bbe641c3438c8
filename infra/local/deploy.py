"""The real `sam build` and `sam deploy`, against MiniStack."""

import fcntl
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.paths import BUILD, CACHE, LOCAL, ROOT, RunFolder
from infra.local.settings import REGION, ROOT_KEY, StackSettings

STACK_NAME: Final = "yuchi"
STAGE: Final = "local"
BUCKET: Final = "yuchi-deployments"
"""Where `sam` puts code. Not `--resolve-s3`: the bucket that it makes refuses plain HTTP, which MiniStack honours."""
DIRECT: Final = Config(proxies={})
"""A proxy that the environment names is not for 127.0.0.1."""
_ADMINISTRATOR: Final = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


class DeployError(Exception):
    """`sam` failed; the message ends with the last lines it said, and names the file with all of them."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Keys of an IAM user of the emulated account."""

    access_key_id: str
    secret_access_key: str


def create_deployer(settings: StackSettings) -> Credentials:
    """An IAM user that may do everything, with a new key: the one in ``stack.json``."""
    iam = client("iam", settings.endpoint_url, Credentials(ROOT_KEY, ROOT_KEY))
    name = "deployer"
    if name not in {user["UserName"] for user in iam.list_users()["Users"]}:
        iam.create_user(UserName=name)
    policy = json.dumps(_ADMINISTRATOR)
    iam.put_user_policy(UserName=name, PolicyName="administrator", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def are_good(settings: StackSettings, credentials: Credentials) -> bool:
    """Whether MiniStack's IAM knows these keys."""
    try:
        client("sts", settings.endpoint_url, credentials).get_caller_identity()
    except ClientError:
        return False
    return True


def client(service: str, endpoint_url: str, credentials: Credentials) -> Any:
    """A boto3 client of the stack."""
    make: Any = boto3.client  # its types know every service by name, and no name that comes at run time
    return make(
        service,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        config=DIRECT,
    )


@contextmanager
def build_folder() -> Iterator[None]:
    """Builds share one folder, so that they share its cache: one at a time."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(settings: StackSettings, template: Path = ROOT / "template.yaml") -> None:
    """`sam build` with layers for this Python. Raises :class:`DeployError`."""
    environment = settings.client_environment(access_key_id=ROOT_KEY, secret_access_key=ROOT_KEY)
    environment |= {"YUCHI_LAYER_TARGET": "host", "PYTHON": sys.executable, "PIP_NO_WARN_SCRIPT_LOCATION": "1"}
    options = ["--build-dir", str(BUILD), "--cached", "--cache-dir", str(CACHE), "--parallel"]
    _sam(settings, "build", ["--template-file", str(template), *options], environment)


def deploy(settings: StackSettings, credentials: Credentials) -> dict[str, str]:
    """`sam deploy` of what was built; the outputs of the stack. Raises :class:`DeployError`."""
    environment = settings.client_environment(**_keys(credentials))
    client("s3", settings.endpoint_url, credentials).create_bucket(Bucket=BUCKET)
    parameters = {"Stage": STAGE, "Locale": settings.locale, "WeChatApiUrl": settings.url}
    options = ["--stack-name", STACK_NAME, "--region", REGION, "--s3-bucket", BUCKET, "--no-progressbar"]
    options += ["--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    options += ["--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    options += ["--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items())]
    _sam(settings, "deploy", ["--template-file", str(BUILD / "template.yaml"), *options], environment)
    cloudformation = client("cloudformation", settings.endpoint_url, credentials)
    (stack,) = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _keys(credentials: Credentials) -> dict[str, str]:
    return {"access_key_id": credentials.access_key_id, "secret_access_key": credentials.secret_access_key}


def _sam(settings: StackSettings, command: str, options: list[str], environment: Mapping[str, str]) -> None:
    folder: RunFolder = settings.folder
    # An own, empty file of settings: a samconfig.toml for AWS must not steer this deployment.
    config = folder.path / "samconfig.toml"
    config.write_text("version = 0.1\n")
    log = folder.log(command)
    with log.open("wb") as output:
        finished = subprocess.run(
            [sys.executable, "-m", "samcli", command, "--config-file", str(config), *options],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode:
        last = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise DeployError(f"sam {command} failed. Everything it said is in {log}; the end of it:\n{last}")
