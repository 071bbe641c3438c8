"""What the account commands tell: whether WeChat accepts the credentials, and what its console wants."""

from typing import Any

from pydantic import SecretStr

from yuchi.cli.desk import Desk, Office
from yuchi.cli.doctor_command import meaning_of
from yuchi.cli.errors import refuse
from yuchi.domain.account import Account, AccountKind, AccountSecrets, PushMode
from yuchi.services.diagnosis import Level
from yuchi.services.diagnosis.wechat import judge_token
from yuchi.services.ports import UnavailableError


def check_credentials(office: Office, account: Account) -> bool:
    """Ask WeChat, by the deployed function, and tell what it said."""
    terminal, desk = office.terminal, office.desk
    try:
        with terminal.progress(
            terminal.text("向微信核对 AppID 和 AppSecret", "Asking WeChat about AppID and AppSecret")
        ):
            status = desk.tokens.fetch(account.id, afresh=True)
    except UnavailableError as error:
        terminal.fail(
            terminal.text("没能核对", "the credentials could not be checked"),
            str(error),
            terminal.text("看看部署是否正常：yuchi doctor", "is the deployment sound? yuchi doctor"),
        )
        return False
    finding = judge_token(account.id, status, now=desk.clock(), meaning=meaning_of, facts=desk.facts)
    if finding.level is Level.GOOD:
        terminal.done("微信认可 AppID 和 AppSecret。", "WeChat accepts AppID and AppSecret.")
        return True
    terminal.fail(
        finding.said.text(terminal.locale),
        terminal.text(
            "账号已保存，回调可以先配置；发消息要等这里修好",
            "the account is stored and its callback works; sending waits until this is mended",
        ),
        finding.mend.text(terminal.locale) if finding.mend else "",
    )
    return False


def tell_console(office: Office, account: Account, secrets: AccountSecrets, *, wait: bool = False) -> None:
    """The values to paste, and where. ``wait``: functions may still hold the old ones."""
    terminal = office.terminal
    key = secrets.encoding_aes_key.get_secret_value() if secrets.encoding_aes_key else ""
    mode = (
        terminal.text("安全模式", "安全模式 (safe mode)")
        if account.mode is PushMode.SAFE
        else terminal.text("明文模式", "明文模式 (plain mode)")
    )
    terminal.panel(
        terminal.text("粘贴到微信后台", "Paste into WeChat's console"),
        [
            ("URL", office.desk.facts.callback_url(account.id)),
            ("Token", secrets.token.get_secret_value()),
            ("EncodingAESKey", key),
            (terminal.text("加密方式", "加密方式 (mode)"), mode),
        ],
    )
    mini = account.kind is AccountKind.MINI_PROGRAM
    terminal.say(
        "位置：" + ("开发管理 → 消息推送" if mini else "设置与开发 → 基本配置 → 服务器配置"),
        "Where: " + ("开发管理 → 消息推送" if mini else "设置与开发 → 基本配置 → 服务器配置"),
        style="dim",
    )
    if wait:
        terminal.warn(
            "请等十分钟再粘贴：函数会缓存密钥五分钟。",
            "Wait ten minutes before you paste them: functions keep secrets for five.",
        )
        terminal.say(
            f"后台保存以后：yuchi account rotate {account.id} --finish",
            f"Once they are saved there: yuchi account rotate {account.id} --finish",
            style="dim",
        )


def require_account(desk: Desk, account_id: str) -> Account:
    """The account. Raises :class:`~yuchi.cli.errors.CommandError`."""
    account = desk.accounts.get(account_id)
    if account is None:
        known = sorted(each.id for each in desk.accounts.all())
        raise refuse(
            (f"没有账号 {account_id}", f"there is no account {account_id}"),
            (f"已有：{'、'.join(known)}", f"there are: {', '.join(known)}")
            if known
            else ("先添加：yuchi account add", "add it first: yuchi account add"),
        )
    return account


def hidden(**values: str) -> dict[str, Any]:
    """Values that no log and no error shows."""
    return {name: SecretStr(value) for name, value in values.items()}
