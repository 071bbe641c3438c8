"""Yuchi on fake stores, modelled queues and real WeChat adapters, with every remote call behind one gate."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.fakes.stores import FakeCounters, FakeLedger, FakeReceipts, FakeTagNumbers
from tests.fakes.world import World
from tests.reliability.crash import Gate, Gated, GetThenPutLedger, Killed
from tests.reliability.platforms import Receiver, WeChat
from tests.reliability.queue_model import FifoQueue
from tests.unit.adapters.wechat import sealing
from yuchi.adapters.webhooks.caller import LambdaWebhookCaller
from yuchi.adapters.wechat.client import WeChatClient
from yuchi.adapters.wechat.gate import WeChatGate
from yuchi.adapters.wechat.sender import WeChatSender
from yuchi.adapters.wechat.tags import WeChatTags
from yuchi.domain.account import Account, AccountSecrets, AccountSettings
from yuchi.domain.rule import Rule
from yuchi.services.performers import make_performers
from yuchi.services.ports import ActionMessage, EventMessage
from yuchi.services.receive_callback import ReceiveCallback, Response

HOST = "hooks.example.com"
ACCESS_TOKEN = "access-token-canary-8d1f"
ACCOUNT = sealing.ACCOUNT.model_copy(update={"settings": AccountSettings(webhook_hosts=(HOST,))})
SECRETS = AccountSecrets.model_validate(
    {
        "app_secret": "app-secret-canary-51c0",
        "token": sealing.TOKEN,
        "encoding_aes_key": sealing.KEY,
        "webhook_secret": "whsec_Y2FuYXJ5LW9mLXRoZS13ZWJob29rLXNlY3JldA==",
    }
)
EVENTS_VISIBILITY, ACTIONS_VISIBILITY = timedelta(seconds=60), timedelta(seconds=180)
"""As in ``infra/queues.yaml``."""


class Tokens:
    """A token source that always has one."""

    def __call__(self) -> str:
        return ACCESS_TOKEN

    def invalidate(self, token: str) -> None:
        pass


class System(World):
    """The world behind the gate. Pass a ``ledger`` or ``receipts`` to plant a defect.

    ``passive``: how many passive replies a fan saw, as told by the test.
    """

    events: FifoQueue[EventMessage]  # type: ignore[assignment]
    actions: FifoQueue[ActionMessage]  # type: ignore[assignment]

    def __init__(
        self,
        *rules: Rule,
        account: Account = ACCOUNT,
        ledger: FakeLedger | None = None,
        receipts: FakeReceipts | None = None,
    ) -> None:
        super().__init__(*rules, account=account)
        self.accounts.secret = {account.id: SECRETS}
        self.gate = Gate()
        self.ledger = ledger or self.ledger
        self.receipts = receipts or self.receipts
        if isinstance(self.ledger, GetThenPutLedger):
            self.ledger.gate = self.gate
        self.passive = 0
        self.platform = WeChat(self.clock, self.gate)
        self.receiver = Receiver(self.gate)
        self.numbers = FakeTagNumbers()
        self.counters = FakeCounters()
        self.events = FifoQueue(EventMessage, self.clock, EVENTS_VISIBILITY)
        self.actions = FifoQueue(ActionMessage, self.clock, ACTIONS_VISIBILITY)
        ports: dict[str, Any] = {
            name: Gated(getattr(self, name), name, self.gate)
            for name in ("accounts", "rulesets", "events", "actions", "archive")
        }
        people: Any = Gated(self.people, "people", self.gate)
        kept: Any = Gated(self.receipts, "receipts", self.gate)
        self.process = replace(
            self.process,
            profiles=people,
            store=people,
            counters=Gated(self.counters, "counters", self.gate),
            **ports,
        )
        client = WeChatClient(appid=account.appid, tokens=Tokens(), http=self.platform)
        caller = LambdaWebhookCaller(client=self.receiver, function="call_webhook", clock=self.clock)  # type: ignore[arg-type]
        self.perform = replace(
            self.perform,
            accounts=ports["accounts"],
            profiles=people,
            ledger=Gated(self.ledger, "ledger", self.gate),
            performers=make_performers(
                sender=WeChatSender(client_of=lambda _account: client, metrics=self.metrics),
                caller=caller,
                board=WeChatTags(
                    client_of=lambda _account: client,
                    numbers=Gated(self.numbers, "numbers", self.gate),
                    metrics=self.metrics,
                    clock=self.clock,
                ),
                receipts=kept,
                timeline=people,
                departures=Gated(self.departures, "departures", self.gate),
                clock=self.clock,
            ),
        )
        self.callback = ReceiveCallback(
            accounts=ports["accounts"],
            gate=WeChatGate(),
            profiles=people,
            rulesets=ports["rulesets"],
            receipts=kept,
            events=ports["events"],
            metrics=self.metrics,
            catalogue=self.process.catalogue,
            clock=self.clock,
        )
        self.timers = replace(self.timers, timers=self.people, events=self.events, counters=self.counters)

    def receive(self, message: str) -> Response:
        """One delivery of a push by WeChat, sealed anew as each delivery is."""
        timestamp, nonce = str(int(self.now.timestamp())), f"n{len(self.gate.names)}"
        encrypted = sealing.aes(sealing.pad(sealing.frame(message.encode())))
        query = sealing.safe_query(encrypted, timestamp=timestamp, nonce=nonce)
        return self.callback.receive(self.account.id, query, sealing.envelope(encrypted))

    def step_events(self, limit: int = 10, *, acknowledge: bool = True) -> int:
        """One invocation of ``process_event``; returns the size of its batch."""
        batch = self.events.receive(limit)
        if batch:
            failed = self.process.process(self.events.read(batch))
            if acknowledge:
                self.events.delete({str(each.number) for each in batch} - failed)
        return len(batch)

    def step_actions(self, limit: int = 10, *, acknowledge: bool = True) -> int:
        """One invocation of ``perform_action``; returns the size of its batch."""
        batch = self.actions.receive(limit)
        if batch:
            failed = self.perform.perform_all(self.actions.read(batch))
            if acknowledge:
                self.actions.delete({str(each.number) for each in batch} - failed)
        return len(batch)

    def drain(self) -> None:
        """Let everything happen that is to happen; who is killed is started anew."""
        for _ in range(200):
            try:
                if self.step_events() + self.step_actions():
                    continue
            except Killed:
                continue
            if not self.events.messages and not self.actions.messages:
                return
            self.pass_time(seconds=61)
        raise AssertionError("the queues never run empty")

    def repeat_everything(self) -> None:
        """Deliver everything again: at once, while leases hold, and after they are over."""
        for seconds in (0, 20, 200):
            self.pass_time(seconds=seconds)
            self.events.repeat()
            self.actions.repeat()
            self.drain()

    def states(self) -> Counter[str]:
        """The ledger's rows by state."""
        return Counter(row.state.value for row in self.ledger.rows.values())


def text_push(system: World, content: str = "你好", *, fan: str = "o-fan", number: int = 1) -> str:
    """A text message of a fan as WeChat writes it."""
    return (
        f"<xml><ToUserName><![CDATA[{system.account.original_id}]]></ToUserName>"
        f"<FromUserName><![CDATA[{fan}]]></FromUserName><CreateTime>{int(system.now.timestamp())}</CreateTime>"
        f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content><MsgId>{number}</MsgId></xml>"
    )


def event_push(system: World, event: str, key: str, *, fan: str = "o-fan", second: int = 0) -> str:
    """An event push, which has no MsgId."""
    return (
        f"<xml><ToUserName><![CDATA[{system.account.original_id}]]></ToUserName>"
        f"<FromUserName><![CDATA[{fan}]]></FromUserName><CreateTime>{int(system.now.timestamp()) + second}</CreateTime>"
        f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{event}]]></Event><EventKey><![CDATA[{key}]]></EventKey></xml>"
    )
