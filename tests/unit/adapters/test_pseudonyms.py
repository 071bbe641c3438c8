"""The keyed hashes of erased identities: read once, and where there is no key yet, asked for again after a minute."""

import json
from datetime import timedelta
from typing import Any

import boto3
from moto import mock_aws

from tests.fakes.sources import KEYS, SEALER
from tests.fakes.world import START
from yuchi.adapters.pseudonyms import NO_KEYS_BELIEVED, ParameterPseudonyms


class Watched:
    """SSM with its calls counted."""

    def __init__(self) -> None:
        self.client = boto3.client("ssm", "eu-west-1", aws_access_key_id="k", aws_secret_access_key="s")
        self.calls = 0

    def __call__(self) -> Any:
        self.calls += 1
        return self.client


@mock_aws
def test_a_key_is_read_once_and_its_absence_believed_for_a_minute() -> None:
    ssm, now = Watched(), [START]
    pseudonyms = ParameterPseudonyms(ssm, "/yuchi/test", lambda: now[0])
    assert [pseudonyms.of("demo#member:1") for _ in range(3)] == [None, None, None]
    assert ssm.calls == 1
    keys = {name: value.get_secret_value() for name, value in KEYS}
    ssm.client.put_parameter(Name="/yuchi/test/identity", Value=json.dumps(keys), Type="SecureString")
    now[0] += NO_KEYS_BELIEVED - timedelta(seconds=1)
    assert pseudonyms.of("demo#member:1") is None
    now[0] += timedelta(seconds=1)
    assert pseudonyms.of("demo#member:1") == SEALER.pseudonym("demo#member:1")
    assert pseudonyms.of("demo#member:1") != pseudonyms.of("other#member:1")
    assert ssm.calls == 2
