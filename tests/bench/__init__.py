"""Benchmarks; `make bench` runs them."""

import os

# sam-cli brings awscrt into .venv, the layer has none: sign as the functions do. botocore looks when it is imported.
os.environ["BOTO_DISABLE_CRT"] = "true"
