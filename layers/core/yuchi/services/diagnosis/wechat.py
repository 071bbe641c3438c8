"""Accounts, their secrets, their access tokens and their callbacks."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from yuchi.domain.account import Account, AccountSecrets, PushMode
from yuchi.domain.words import Words
from yuchi.services.diagnosis.base import Finding, Level, Patient, bad, good
from yuchi.services.ports import UnavailableError
from yuchi.services.ports_operators import StackFacts, TokenStatus
from yuchi.services.refresh_tokens import ADDRESS_REFUSED

LEAST_TOKEN: Final = timedelta(minutes=5)


def check_accounts(patient: Patient) -> Iterator[Finding]:
    """Is there one, with complete secrets?"""
    accounts = list(patient.accounts.all())
    if not accounts:
        yield bad(
            "",
            ("还没有账号", "there is no account yet"),
            ("添加一个：yuchi account add", "add one: yuchi account add"),
        )
    for account in accounts:
        try:
            secrets = patient.accounts.secrets(account.id)
        except (UnavailableError, ValueError):
            yield bad(
                account.id,
                ("读不到密钥", "its secrets cannot be read"),
                (
                    f"重新录入：yuchi account add --id {account.id}",
                    f"enter them again: yuchi account add --id {account.id}",
                ),
            )
            continue
        problems = list(_secrets(account, secrets))
        yield from problems
        if not problems:
            yield good(account.id, f"{account.name}，密钥齐全", f"{account.name}, secrets are complete")


def _secrets(account: Account, secrets: AccountSecrets) -> Iterator[Finding]:
    again = f"yuchi account rotate {account.id}"
    key = secrets.encoding_aes_key.get_secret_value() if secrets.encoding_aes_key else ""
    if account.mode is PushMode.SAFE and len(key) != 43:  # noqa: PLR2004 - WeChat's length
        yield bad(
            account.id,
            ("安全模式要有 43 位的 EncodingAESKey", "safe mode needs an EncodingAESKey of 43 characters"),
            (f"换一个：{again}", f"make a new one: {again}"),
        )
    if account.mode is PushMode.PLAIN:
        yield bad(
            account.id,
            ("明文模式：推送内容没有签名保护", "plain mode: nothing protects the content of pushes"),
            (
                "在微信后台改成安全模式，再 yuchi account add",
                "choose safe mode in WeChat's console, then yuchi account add",
            ),
            level=Level.HINT,
        )
    if secrets.previous_token or secrets.previous_encoding_aes_key:
        yield bad(
            account.id,
            ("上次更换的旧值还有效", "the values of the last rotation are still accepted"),
            (
                f"微信后台换好以后：{again} --finish",
                f"once they are changed in WeChat's console: {again} --finish",
            ),
            level=Level.HINT,
        )
    if account.settings.webhook_hosts and not secrets.webhook_secret:
        yield bad(
            account.id,
            ("允许了 webhook，但没有签名密钥", "webhooks are allowed but there is no secret to sign them"),
            (f"{again} --webhook-secret", f"{again} --webhook-secret"),
        )


def check_tokens(patient: Patient) -> Iterator[Finding]:
    """Does WeChat give an access token?"""
    for account in patient.accounts.all():
        yield judge_token(
            account.id,
            patient.tokens.fetch(account.id, afresh=False),
            now=patient.clock(),
            meaning=patient.meaning,
            facts=patient.facts,
        )


def judge_token(
    account: str, status: TokenStatus, *, now: datetime, meaning: Callable[[int], Words], facts: StackFacts
) -> Finding:
    """What the state of an account's access token means."""
    if status.good_until and now + LEAST_TOKEN < status.good_until:
        return good(account, "access_token 有效", "its access token is good")
    if status.code in ADDRESS_REFUSED:
        address = status.address or facts.outputs.get("EgressAddress", "")
        fixed = facts.outputs.get("EgressAddress")
        zh = f"把 {address or '出口地址'} 加进微信后台的 IP 白名单（设置与开发 → 基本配置）"
        en = f"put {address or 'the egress address'} into the IP whitelist in WeChat's console (设置与开发 → 基本配置)"
        if not fixed:
            zh += "；Lambda 的地址会变，请用 FixedEgress=true 部署，取得固定地址"
            en += "; Lambda's addresses change, so deploy with FixedEgress=true for one that stays"
        words = meaning(status.code or 0)
        return bad(account, (f"{status.code}：{words.zh}", f"{status.code}: {words.en}"), (zh, en))
    if status.code is not None:
        words = meaning(status.code)
        return bad(
            account,
            (f"微信不给 access_token，错误码 {status.code}", f"WeChat gives no access token, errcode {status.code}"),
            (words.zh, words.en),
        )
    if status.held_until:
        return bad(
            account,
            ("连不上微信", "WeChat could not be reached"),
            (
                "查 refresh_tokens 的日志和出口网络，几分钟后会自动再试",
                "look at the log of refresh_tokens and its way out; it tries again in some minutes",
            ),
        )
    return bad(
        account,
        ("没有 access_token", "it has no access token"),
        ("查 refresh_tokens 的日志", "read the log of refresh_tokens"),
    )


def check_callbacks(patient: Patient) -> Iterator[Finding]:
    """Do they answer as WeChat wants when their address is saved?"""
    for account in patient.accounts.all():
        url = patient.facts.callback_url(account.id)
        try:
            token = patient.accounts.secrets(account.id).token.get_secret_value()
        except (UnavailableError, ValueError):
            continue  # said before
        answer = patient.inspection.handshake(url, token)
        if answer.echoed:
            yield good(account.id, f"{url} 应答正常", f"{url} answers")
        elif answer.status is None:
            yield bad(
                account.id,
                (f"连不上 {url}", f"{url} cannot be reached"),
                ("看看 API 是否部署、这台机器能否上网", "is the API deployed, and can this machine reach it?"),
            )
        elif answer.status == 403 and patient.facts.in_china:  # noqa: PLR2004 - HTTP's
            yield bad(
                account.id,
                ("回调答了 403", "the callback answers 403"),
                (
                    "AWS 中国区要先完成 ICP 备案，API 网关才接受公网请求",
                    "AWS China needs an ICP filing before API Gateway takes requests from the internet",
                ),
            )
        else:
            yield bad(
                account.id,
                (f"回调答了 {answer.status}，没有回显", f"the callback answers {answer.status} and no echo"),
                (
                    "函数会把密钥缓存五分钟；五分钟后还这样，就查 receive_callback 的日志",
                    "functions keep secrets for five minutes; if it stays so, read the log of receive_callback",
                ),
            )
