"""Fill the third-party layer from the hashed lock: `python build.py DIRECTORY`.

For AWS (arm64, Python 3.13) unless YUCHI_LAYER_TARGET=host, which builds for the Python that runs this.
Only the standard library and pip are needed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The services whose clients the functions make. botocore's models of all the others are two thirds of the layer.
SERVICES = frozenset(
    {"cloudwatch", "dynamodb", "firehose", "lambda", "s3", "secretsmanager", "sns", "sqs", "ssm", "sts"}
)
FOR_AWS = (
    "--platform",
    "manylinux_2_28_aarch64",
    "--platform",
    "manylinux2014_aarch64",
    "--implementation",
    "cp",
    "--python-version",
    "3.13",
)


def main() -> None:
    """Install, prune, byte-compile."""
    target = Path(sys.argv[1])
    host = os.environ.get("YUCHI_LAYER_TARGET", "aws") == "host"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    install += ["--no-compile", "--require-hashes", "--only-binary=:all:", *(() if host else FOR_AWS)]
    subprocess.run([*install, "--target", str(target), "--requirement", "requirements.lock"], check=True)
    prune(target)
    compiler = sys.executable if host else python_3_13()
    if compiler is None:
        sys.stdout.write("No python3.13 on PATH: the layer carries no byte code, so cold starts take longer.\n")
    else:
        compile_to_bytecode(compiler, target)


def prune(target: Path) -> None:
    """Drop what no function reads: console scripts, boto3's examples, botocore's models of other services, and where
    phone numbers are from.
    """
    shutil.rmtree(target / "bin", ignore_errors=True)
    shutil.rmtree(target / "boto3" / "examples", ignore_errors=True)
    for unread in ("geodata", "carrierdata", "tzdata"):
        shutil.rmtree(target / "phonenumbers" / unread, ignore_errors=True)
    for model in (target / "botocore" / "data").iterdir():
        if model.is_dir() and model.name not in SERVICES:
            shutil.rmtree(model)


def python_3_13() -> str | None:
    """Byte code is only good for the version that wrote it."""
    for name in (sys.executable, "python3.13"):
        check = [name, "-c", "import sys; sys.exit(sys.version_info[:2] != (3, 13))"]
        if shutil.which(name) and subprocess.run(check, check=False, capture_output=True).returncode == 0:
            return name
    return None


def compile_to_bytecode(python: str, target: Path) -> None:
    """Unchecked hashes: the file times in a layer mean nothing, so the runtime must not compare them."""
    command = [python, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "."]
    subprocess.run(command, cwd=target, check=True)


main()
