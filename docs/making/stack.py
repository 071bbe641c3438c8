"""Parameters and outputs of the deployment, for operators."""

from typing import Any, Final

from docs.making.markdown import NOTICE_EN, code, table
from docs.making.markdown import page as make_page
from docs.making.templates import read_template


def page() -> str:
    """The page."""
    template = read_template("template.yaml")
    named = {name: output for name, output in template["Outputs"].items() if "Description" in output}
    others = [code(name) for name in template["Outputs"] if name not in named]
    return make_page(
        NOTICE_EN,
        _INTRODUCTION,
        "## Parameters",
        table(
            ("parameter", "default", "values", "what it does"),
            (
                (
                    code(name),
                    code(str(each["Default"])) if each.get("Default") else "",
                    _values(each),
                    each["Description"],
                )
                for name, each in template["Parameters"].items()
            ),
        ),
        "## Outputs",
        table(("output", "what it is"), ((code(name), each["Description"]) for name, each in named.items())),
        f"The others name the tables, queues and functions: {', '.join(others)}.",
        "## Tables",
        _TABLES,
        table(("table", "key", "expires by itself", "stream"), _tables()),
    )


def _values(parameter: dict[str, Any]) -> str:
    if "AllowedValues" in parameter:
        return ", ".join(code(str(value)) for value in parameter["AllowedValues"])
    return code(parameter["AllowedPattern"]) if "AllowedPattern" in parameter else ""


def _tables() -> list[tuple[str, str, str, str]]:
    resources = read_template("infra/storage.yaml")["Resources"]
    return [
        (
            name,
            " + ".join(code(key["AttributeName"]) for key in table["Properties"]["KeySchema"]),
            "yes" if "TimeToLiveSpecification" in table["Properties"] else "",
            "yes" if "StreamSpecification" in table["Properties"] else "",
        )
        for name, table in resources.items()
        if table["Type"] == "AWS::DynamoDB::Table"
    ]


_INTRODUCTION: Final = """\
# Parameters and outputs

`sam deploy --guided` asks for the parameters and remembers the answers in `samconfig.toml`. The defaults suit a first stage.
The outputs are printed at the end of each deployment, and again by
`aws cloudformation describe-stacks --stack-name NAME`."""
_TABLES: Final = """\
All are billed per request, encrypted, restorable to any second of the last 35 days, and kept when the stack is deleted."""
