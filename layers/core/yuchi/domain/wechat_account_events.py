"""Events of the account itself: nobody's profile is behind them."""

from typing import Final

from yuchi.domain.catalogue import EventSpec
from yuchi.domain.wechat_fields import AUDIT, EXPIRES, MESSAGE_ID, REASON, items, mapping, number, text, time

ACCOUNT_EVENTS: Final[tuple[EventSpec, ...]] = (
    EventSpec(
        "campaign.finished",
        "群发结束",
        "a mass message is done",
        {
            "message_id": MESSAGE_ID,
            "status": text("success、failed、rejected、unknown", "success, failed, rejected or unknown", "success"),
            "reason_code": number("被拒的原因码 err(N)", "code of the rejection, err(N)", 20013),
            "detail": text("微信给出的原文", "WeChat's own words", "send success"),
            "total_count": number("标签或列表里的粉丝数", "fans in the tag or list", 1000),
            "filter_count": number("过滤后准备发送的粉丝数", "fans left after filters", 980),
            "sent_count": number("发送成功的粉丝数", "fans it was sent to", 975),
            "error_count": number("发送失败的粉丝数", "fans it failed for", 5),
            "check_state": number("原创校验总结果", "outcome of the originality check", 1),
            "checks": items("逐篇原创校验", "originality check of each article", [{"index": 1, "audit_state": 0}]),
            "articles": items("逐篇文章链接", "address of each article", [{"index": 1, "url": "https://mp.example/1"}]),
        },
    ),
    EventSpec(
        "publication.finished",
        "发布结束",
        "a publication is done",
        {
            "publish_id": text("发布任务编号", "id of the publication", "2247500001"),
            "status_code": number(
                "0 成功 1 发布中 2 原创失败 3 常规失败 4 审核不通过 5 用户删除 6 被封禁",
                "0 ok, 1 running, 2 originality, 3 failed, 4 audit, 5 deleted, 6 banned",
                0,
            ),
            "status": text("状态名", "name of the state", "published"),
            "article_id": text("文章编号", "article", "article-1"),
            "count": number("文章数", "number of articles", 1),
            "articles": items("逐篇文章链接", "address of each article", [{"index": 1, "url": "https://mp.example/1"}]),
            "failed": items("失败的文章序号", "numbers of the articles that failed", [1]),
        },
    ),
    EventSpec("verification.qualified", "资质认证成功", "qualification verified", {"expires_at": EXPIRES}),
    EventSpec(
        "verification.qualification_failed",
        "资质认证失败",
        "qualification refused",
        {"failed_at": time("失败时间", "when it failed"), "reason": REASON},
    ),
    EventSpec("verification.named", "名称认证成功", "name verified", {"expires_at": EXPIRES}),
    EventSpec(
        "verification.naming_failed",
        "名称认证失败",
        "name refused",
        {"failed_at": time("失败时间", "when it failed"), "reason": REASON},
    ),
    EventSpec("verification.renewal_due", "年审通知", "yearly verification is due", {"expires_at": EXPIRES}),
    EventSpec(
        "verification.expired",
        "认证过期（接口权限失效）",
        "verification expired, interfaces are lost",
        {"expires_at": EXPIRES},
    ),
    EventSpec(
        "store.reviewed",
        "门店审核结果",
        "a shop was reviewed",
        {
            "unique_id": text("商户自己的门店编号", "own id of the shop", "shop-12"),
            "poi_id": text("微信的门店编号", "WeChat's id of the shop", "271000001"),
            "result": text("结果", "outcome", "succ"),
            "message": text("说明", "message", "审核通过"),
        },
    ),
    EventSpec(
        "store.place_audited",
        "腾讯地图门店审核结果",
        "a place on the map was audited",
        {
            **AUDIT,
            "map_poi_id": text("地图门店编号", "id of the place", "poi-1"),
            "name": text("名称", "name", "龙井店"),
            "address": text("地址", "address", "杭州市西湖区"),
            "remark": text("审核备注", "remark", "通过"),
        },
    ),
    EventSpec(
        "store.addition_audited",
        "新增门店审核结果",
        "an added shop was audited",
        {
            **AUDIT,
            "poi_id": text("门店编号", "id of the shop", "271000001"),
            "upgraded": text("是否升级", "whether it was upgraded", "1"),
        },
    ),
    EventSpec("store.change_audited", "修改门店审核结果", "a changed shop was audited", AUDIT),
    EventSpec("store.merchant_audited", "门店商户审核结果", "a merchant was audited", AUDIT),
    EventSpec(
        "wechat.unknown",
        "未识别的推送（原样保存）",
        "a push of a kind we do not know, kept as it came",
        {
            "kind": text("推送的种类", "kind of the push", "event.some_new_event"),
            "sender": text("发送者", "sender", "oSender0000000000000000000001"),
            "fields": mapping("原始字段", "its fields as they came", {"Event": "some_new_event"}),
        },
    ),
    EventSpec(
        "wechat.unparsed",
        "无法解析的推送",
        "a push that could not be read",
        {
            "size": number("字节数", "its size", 512, "字节"),
            "digest": text("内容的 SHA-256", "SHA-256 of the content", "9f86d081"),
            "start": text("内容开头（最多 2000 字）", "its first 2000 characters", "<xml"),
        },
    ),
)
"""Types without a subject."""
