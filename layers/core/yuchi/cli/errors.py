"""Errors as people read them: what happened, why, what to do; never a traceback, never a secret."""

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

import typer
import typer.core
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError, ProfileNotFound
from pydantic import ValidationError

from yuchi.adapters.admin.stacks import StackFileError, StackMissingError
from yuchi.adapters.aws_errors import code_of
from yuchi.cli.terminal import Terminal
from yuchi.domain.words import Words
from yuchi.services.places import place_of
from yuchi.services.ports import UnavailableError
from yuchi.settings import MissingSettingError

FAILED: Final = 1
USAGE: Final = 2
DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})
EXPIRED: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
    }
)


class CommandError(Exception):
    """A command cannot do what was asked. ``status`` is that of the process."""

    def __init__(
        self, what: Words, why: Words | None = None, mend: Words | None = None, *, status: int = FAILED
    ) -> None:
        super().__init__(what.en)
        self.what = what
        self.why = why or Words("", "")
        self.mend = mend or Words("", "")
        self.status = status


def refuse(what: tuple[str, str], mend: tuple[str, str] = ("", ""), *, why: tuple[str, str] = ("", "")) -> CommandError:
    """A :class:`CommandError` for what was typed or what is in a file."""
    return CommandError(Words(*what), Words(*why), Words(*mend), status=USAGE)


def as_command_error(error: Exception) -> CommandError:
    """What people are told of any error."""
    if isinstance(error, CommandError):
        return error
    for kind, told in _TOLD.items():
        if isinstance(error, kind):
            return told(error)
    return CommandError(
        Words(f"出了意外：{place_of(error)}", f"something unexpected happened: {place_of(error)}"),
        mend=Words(
            "这是程序的错误，请反馈；YUCHI_TRACEBACK=1 可看到完整过程",
            "this is a bug, please report it; YUCHI_TRACEBACK=1 shows the whole way",
        ),
    )


def report(error: Exception, terminal: Terminal) -> int:
    """Tell ``error`` and give the status of the process."""
    told = as_command_error(error)
    locale = terminal.locale
    terminal.fail(told.what.text(locale), told.why.text(locale), told.mend.text(locale))
    return told.status


def _is_expected(error: Exception) -> bool:
    return isinstance(error, (CommandError, *_TOLD))


def _unavailable(error: Any) -> CommandError:
    cause = error.__cause__
    if isinstance(cause, ClientError):
        return _client(cause)
    if isinstance(cause, BotoCoreError):
        return as_command_error(cause)
    return CommandError(
        Words(f"没有成功：{error}", f"it did not succeed: {error}"), mend=Words("过一会儿再试", "try again in a while")
    )


def _client(error: Any) -> CommandError:
    code, operation = code_of(error), error.operation_name
    what = Words(f"AWS 拒绝了 {operation}：{code}", f"AWS refused {operation}: {code}")
    if code in DENIED:
        return CommandError(
            what,
            mend=Words(
                "换一个有权限的身份（--aws-profile），见运维手册 rights.md",
                "use credentials that may (--aws-profile); see docs/operators/rights.md",
            ),
        )
    if code in EXPIRED:
        return CommandError(
            what,
            mend=Words("凭证无效或过期，请重新登录 AWS", "the credentials are wrong or expired: sign in to AWS again"),
        )
    return CommandError(
        what, mend=Words("确认区域和部署是否正确：yuchi doctor", "are region and stack right? yuchi doctor")
    )


def _connection(error: Any) -> CommandError:
    return CommandError(
        Words(f"连不上 AWS：{type(error).__name__}", f"AWS cannot be reached: {type(error).__name__}"),
        mend=Words(
            "检查网络和区域；用本地环境就先 make up",
            "look at the network and the region; for the local stack run make up first",
        ),
    )


_CREDENTIALS: Final = CommandError(
    Words("没有 AWS 凭证", "there are no AWS credentials"),
    mend=Words(
        "先登录（aws configure 或 aws sso login），或用 --aws-profile 选一个",
        "sign in (aws configure or aws sso login), or choose a profile with --aws-profile",
    ),
)
_TOLD: Final[Mapping[type[Exception], Callable[[Any], CommandError]]] = {
    UnavailableError: _unavailable,
    NoCredentialsError: lambda _: _CREDENTIALS,
    ProfileNotFound: lambda _: CommandError(
        Words("没有这个 AWS 配置档", "there is no such AWS profile"),
        mend=Words("看 aws configure list-profiles", "see aws configure list-profiles"),
    ),
    NoRegionError: lambda _: CommandError(
        Words("没有指定区域", "no region is given"),
        mend=Words("加上 --region，例如 --region cn-north-1", "add --region, such as --region eu-west-1"),
    ),
    ClientError: _client,
    BotoCoreError: _connection,
    StackMissingError: lambda error: CommandError(
        Words(f"这里没有部署 {error}", f"there is no deployment {error} here"),
        mend=Words(
            "检查 --stack、--stage 和 --region；还没部署就先 sam deploy --guided",
            "look at --stack, --stage and --region; if it is not deployed yet, sam deploy --guided",
        ),
    ),
    StackFileError: lambda error: CommandError(
        Words(f"读不了 {error}", f"{error} cannot be read"),
        mend=Words("先启动本地环境：make up", "start the local stack first: make up"),
    ),
    MissingSettingError: lambda error: CommandError(
        Words(f"部署的输出不全：{error}", f"the deployment's outputs are not complete: {error}"),
        mend=Words(
            "用当前版本重新部署：sam build && sam deploy", "deploy the present version: sam build && sam deploy"
        ),
    ),
    ValidationError: lambda error: CommandError(
        Words("存着的数据读不懂", "stored data cannot be read"),
        Words(
            "、".join(sorted({".".join(map(str, each["loc"])) for each in error.errors()}))[:200],
            ", ".join(sorted({".".join(map(str, each["loc"])) for each in error.errors()}))[:200],
        ),
        Words("可能是别的版本写的，请用对应版本", "another version may have written it: use that one"),
    ),
}
"""By kind, the nearest first."""


_USAGE_ERROR: Final[Any] = typer.BadParameter.__mro__[2]
"""``ClickException``: typer brings a click of its own along, which it does not export."""


class Commands(typer.core.TyperGroup):
    """The root of all commands: options of the deployment may stand anywhere, errors are told, not thrown."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Bring the root's own options to the front."""
        return super().parse_args(ctx, _in_front(self, ctx, args))

    def invoke(self, ctx: Any) -> Any:
        """Run, and tell what went wrong."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, _USAGE_ERROR):
            raise
        except Exception as error:
            if os.environ.get("YUCHI_TRACEBACK") and not _is_expected(error):
                raise
            raise typer.Exit(report(error, ctx.obj.terminal)) from None


def _in_front(group: typer.core.TyperGroup, ctx: Any, args: list[str]) -> list[str]:
    options = {
        name: each for each in group.get_params(ctx) if isinstance(each, typer.core.TyperOption) for name in each.opts
    }
    front, rest, position = [], [], 0
    while position < len(args):
        word = args[position]
        option = options.get(word.partition("=")[0])
        if word == "--":
            rest += args[position:]
            break
        if option is None or word in {"--help", "--install-completion", "--show-completion"}:
            rest.append(word)
        else:
            front.append(word)
            if not option.is_flag and "=" not in word and position + 1 < len(args):
                position += 1
                front.append(args[position])
        position += 1
    return front + rest
