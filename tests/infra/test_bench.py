"""The benchmarks reckon with the template as it is."""

import json

from tests.bench.sections.process import ACCESS_LOG, MEMORY
from tests.infra.system import System


def test_functions_have_the_memory_that_the_bill_reckons_with(system: System) -> None:
    sizes = {
        function.get("Environment", "Variables", "POWERTOOLS_SERVICE_NAME"): function.get("MemorySize")
        for function in system.of_type("Lambda::Function")
    }
    assert {name: sizes[name] for name in MEMORY} == MEMORY


def test_the_access_log_has_the_fields_that_the_bill_reckons_with(system: System) -> None:
    (stage,) = system.of_type("ApiGatewayV2::Stage")
    assert json.loads(stage.get("AccessLogSettings", "Format")).keys() == json.loads(ACCESS_LOG).keys()
