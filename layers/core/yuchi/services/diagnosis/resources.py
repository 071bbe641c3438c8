"""What AWS holds for the deployment: stack, tables, queues, functions, schedules, alarms."""

from collections.abc import Iterator

from yuchi.services.diagnosis.base import Finding, Level, Patient, bad, good


def check_stack(patient: Patient) -> Iterator[Finding]:
    """Deployed to the end, with all its outputs?"""
    facts = patient.facts
    if facts.status.endswith(("_COMPLETE",)) and "ROLLBACK" not in facts.status:
        yield good(facts.name, f"{facts.status}，阶段 {facts.stage}", f"{facts.status}, stage {facts.stage}")
    else:
        yield bad(
            facts.name,
            (f"状态是 {facts.status}", f"its status is {facts.status}"),
            (
                f"看事件：aws cloudformation describe-stack-events --stack-name {facts.name}，再 sam deploy",
                f"read aws cloudformation describe-stack-events --stack-name {facts.name}, then sam deploy again",
            ),
        )
    missing = [each for each in patient.tables if f"{each}Table" not in facts.outputs]
    missing += [each for each in patient.functions if f"{each}Function" not in facts.outputs]
    if missing:
        yield bad(
            facts.name,
            (f"输出里缺少 {'、'.join(missing)}", f"its outputs lack {', '.join(missing)}"),
            ("用当前版本重新部署：sam build && sam deploy", "deploy the present version: sam build && sam deploy"),
        )


def check_tables(patient: Patient) -> Iterator[Finding]:
    """There, restorable, and ``Rules`` and ``Schema`` with their streams?"""
    sound = 0
    for name in patient.tables:
        real = patient.facts.outputs.get(f"{name}Table")
        health = patient.inspection.table(real) if real else None
        if health is None:
            yield bad(
                name,
                ("表不存在", "the table is not there"),
                ("从备份恢复，或重新部署", "restore it from its backup, or deploy again"),
            )
        elif health.status not in {"ACTIVE", "UPDATING"}:
            yield bad(
                name, (f"状态是 {health.status}", f"its status is {health.status}"), ("稍等再查", "look again soon")
            )
        elif name in {"Rules", "Schema"} and not health.streams:
            yield bad(
                name,
                ("没有数据流，改规则不会上线", "it has no stream, so edits of rules never go live"),
                ("重新部署：sam build && sam deploy", "deploy again: sam build && sam deploy"),
            )
        elif not health.recoverable and not patient.facts.local:
            yield bad(
                name,
                ("没有开启时间点恢复（PITR）", "point-in-time recovery is off"),
                ("重新部署，或在控制台打开", "deploy again, or switch it on in the console"),
                level=Level.HINT,
            )
        else:
            sound += 1
    if sound:
        yield good("", f"{sound} 张表正常", f"{sound} tables are sound")


def check_queues(patient: Patient) -> Iterator[Finding]:
    """There, and is nothing in the dead-letter queues?"""
    for name in ("Events", "Actions"):
        url = patient.facts.outputs.get(f"{name}Queue", "")
        if not url or not patient.inspection.queue_exists(url):
            yield bad(
                name, ("队列不存在", "the queue is not there"), ("重新部署：sam deploy", "deploy again: sam deploy")
            )
    empty = 0
    for name in ("Events", "Actions", "Edits", "Imports"):
        depth = patient.dead_letters.depth(name)
        if depth == 0:
            empty += 1
            continue
        yield bad(
            f"{name}DeadLetters",
            (f"死信队列里有 {depth} 条", f"{depth} in the dead-letter queue"),
            (
                f"先查函数日志、修好原因，再 yuchi redrive {name.lower()}",
                f"read the function's log, mend the cause, then yuchi redrive {name.lower()}",
            ),
        )
    if empty:
        yield good("", f"{empty} 个死信队列是空的", f"{empty} dead-letter queues are empty")


def check_functions(patient: Patient) -> Iterator[Finding]:
    """There, and fed by their event sources?"""
    sound = 0
    for name in patient.functions:
        real = patient.facts.outputs.get(f"{name}Function")
        health = patient.inspection.function(real) if real else None
        if health is None:
            yield bad(
                name, ("函数不存在", "the function is not there"), ("重新部署：sam deploy", "deploy again: sam deploy")
            )
            continue
        off = [arn for arn, state in health.sources.items() if state in {"Disabled", "Disabling"}]
        if health.state not in {"Active", "Inactive"}:
            yield bad(
                name,
                (f"状态是 {health.state}", f"its state is {health.state}"),
                ("在 Lambda 控制台看原因", "the Lambda console says why"),
            )
        elif off:
            yield bad(
                name,
                ("事件源停用了，消息在队列里等着", "its event source is off, so messages wait in the queue"),
                (
                    "如果不是有意停的：aws lambda update-event-source-mapping --enabled",
                    "unless it was stopped on purpose: aws lambda update-event-source-mapping --enabled",
                ),
            )
        else:
            sound += 1
    if sound:
        yield good("", f"{sound} 个函数正常", f"{sound} functions are sound")


def check_schedules(patient: Patient) -> Iterator[Finding]:
    """Do those that time calls have a schedule that is on?"""
    for name in ("FireTimers", "CleanArchive", "RefreshTokens"):
        real = patient.facts.outputs.get(f"{name}Function")
        if not real:
            continue
        rules = patient.inspection.schedules(real)
        if any(on for _, on in rules):
            yield good(name, "、".join(text for text, on in rules if on), ", ".join(text for text, on in rules if on))
        else:
            yield bad(
                name,
                ("没有启用的定时计划", "no schedule calls it"),
                ("在 EventBridge 里启用规则，或重新部署", "switch its EventBridge rule on, or deploy again"),
            )


def check_alarms(patient: Patient) -> Iterator[Finding]:
    """Does somebody hear of alarms, and does one ring?"""
    topic = patient.facts.outputs.get("AlarmTopicArn")
    if topic:
        confirmed, waiting = patient.inspection.subscriptions(topic)
        if confirmed:
            yield good("", f"{confirmed} 个告警订阅", f"{confirmed} subscribed to alarms")
        elif waiting:
            yield bad(
                "",
                ("告警订阅还没有确认", "the subscription to alarms is not confirmed"),
                ("点 AWS 发来的邮件里的链接", "follow the link in the mail that AWS sent"),
            )
        elif not patient.facts.local:
            yield bad(
                "",
                ("没有人订阅告警", "nobody is subscribed to alarms"),
                (
                    "用 AlarmEmail 参数重新部署，或订阅这个 SNS 主题",
                    "deploy with AlarmEmail, or subscribe to the SNS topic",
                ),
                level=Level.HINT,
            )
    for name in patient.inspection.ringing(patient.facts.stage):
        short = name.rpartition("-")[2]
        yield bad(
            short,
            ("正在告警", "the alarm rings"),
            (f"见运维手册 runbooks.md 的 {short}", f"see {short} in the runbooks (docs/operators/runbooks.md)"),
        )
