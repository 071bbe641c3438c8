"""The event types that WeChat's pushes become, with their fields: what marketers may name in a condition."""

from typing import Final

from yuchi.domain.catalogue import EventSpec
from yuchi.domain.own_events import OWN_EVENTS
from yuchi.domain.wechat_account_events import ACCOUNT_EVENTS
from yuchi.domain.wechat_card_events import CARD_EVENTS
from yuchi.domain.wechat_fields import (
    DESCRIPTION,
    DEVICE,
    KEY,
    LATITUDE,
    LONGITUDE,
    MEDIA_ID,
    MENU_ID,
    MESSAGE_ID,
    PICTURES,
    PLACE,
    SCANNED,
    SCENE,
    STAFF,
    TICKET,
    TITLE,
    items,
    number,
    text,
    time,
)

__all__ = ["OWN_EVENTS", "WECHAT_EVENTS"]

_MESSAGES: Final = (
    EventSpec(
        "message.text",
        "发来文字消息",
        "sent a text message",
        {
            "content": text("文字内容", "the text", "你好，有试用装吗"),
            "menu_item_id": text("点击的菜单消息选项编号", "id of the tapped msgmenu item", "101"),
            "message_id": MESSAGE_ID,
        },
        replies=True,
        window="message",
    ),
    EventSpec(
        "message.image",
        "发来图片",
        "sent a picture",
        {
            "picture_url": text("图片链接", "address of the picture", "https://mmbiz.example/p.jpg"),
            "media_id": MEDIA_ID,
            "message_id": MESSAGE_ID,
        },
        replies=True,
        window="message",
    ),
    EventSpec(
        "message.voice",
        "发来语音",
        "sent a voice message",
        {
            "media_id": MEDIA_ID,
            "format": text("语音格式", "format of the recording", "amr"),
            "recognition": text("语音识别结果", "what was recognised", "有试用装吗"),
            "message_id": MESSAGE_ID,
        },
        replies=True,
        window="message",
    ),
    *(
        EventSpec(
            f"message.{name}",
            zh,
            en,
            {
                "media_id": MEDIA_ID,
                "thumb_media_id": text("缩略图素材编号", "media id of the thumbnail", "k2Fz9mQ8"),
                "message_id": MESSAGE_ID,
            },
            replies=True,
            window="message",
        )
        for name, zh, en in (
            ("video", "发来视频", "sent a video"),
            ("shortvideo", "发来小视频", "sent a short video"),
        )
    ),
    EventSpec(
        "message.location",
        "发来地理位置",
        "sent a place",
        {**PLACE, "message_id": MESSAGE_ID},
        replies=True,
        window="message",
    ),
    EventSpec(
        "message.link",
        "发来链接",
        "sent a link",
        {
            "title": TITLE,
            "description": DESCRIPTION,
            "url": text("链接地址", "address of the link", "https://example.com/tea"),
            "message_id": MESSAGE_ID,
        },
        replies=True,
        window="message",
    ),
    EventSpec(
        "message.miniprogram_page",
        "发来小程序卡片",
        "sent a mini-program card",
        {
            "title": TITLE,
            "appid": text("小程序 appid", "appid of the mini-program", "wx0000000000000001"),
            "page_path": text("小程序页面路径", "page path", "pages/tea?id=1"),
            "thumb_url": text("封面图链接", "address of the cover", "https://mmbiz.example/t.jpg"),
            "thumb_media_id": text("封面图素材编号", "media id of the cover", "k2Fz9mQ8"),
            "message_id": MESSAGE_ID,
        },
        replies=True,
        window="message",
    ),
    EventSpec(
        "message.file",
        "发来文件",
        "sent a file",
        {
            "title": TITLE,
            "description": DESCRIPTION,
            "file_key": text("文件的 key", "key of the file", "f-001"),
            "file_md5": text("文件 MD5", "MD5 of the file", "0f343b0931126a20f133d67c2b018a3b"),
            "file_size": number("文件大小", "size of the file", 20480, "字节"),
            "message_id": MESSAGE_ID,
        },
        replies=True,
        window="message",
    ),
    EventSpec(
        "message.device",
        "设备发来消息",
        "a bound device sent a message",
        {
            **DEVICE,
            "content": text("消息内容（Base64）", "content in base64", "aGVsbG8="),
            "message_id": MESSAGE_ID,
        },
    ),
)

_FANS: Final = (
    EventSpec(
        "fan.subscribed",
        "关注",
        "followed the account",
        {
            "via": text(
                "途径：search、qrcode、payment、product、other",
                "way: search, qrcode, payment, product or other",
                "qrcode",
            ),
            "scene": SCENE,
            "ticket": TICKET,
            "trade_no": text("支付后关注时的交易号", "trade number when followed after a payment", "4200000000000001"),
            "standard": text("扫商品关注时的编码标准", "standard of the product code", "ean13"),
            "code": text("扫商品关注时的商品编码", "product code", "6900000000017"),
            "key": text("其它途径的原始 EventKey", "EventKey of any other way", "abc"),
        },
        replies=True,
        window="follow",
    ),
    EventSpec(
        "fan.imported",
        "以前就关注（导入的粉丝列表，不触发规则）",
        "followed before Yuchi listened: from WeChat's list, fires no rule",
        {
            "subscribed_at": number("关注时间（Unix 秒）", "since when, in epoch seconds", 1_700_000_000),
            "remark": text("公众号后台的备注", "remark in WeChat's console", "老客户"),
            "scene": SCENE,
            "way": text("关注途径（微信的 subscribe_scene）", "WeChat's subscribe_scene", "ADD_SCENE_QR_CODE"),
            "language": text("微信的语言（多数账号已不再给出）", "the fan's language; most accounts get none", "zh_CN"),
        },
    ),
    EventSpec("fan.unsubscribed", "取消关注", "left the account"),
    EventSpec(
        "fan.info_modified",
        "修改了授权资料",
        "changed the data shared with the account",
        {"appid": text("授权的 appid", "appid of the authorisation", "wx0000000000000001")},
    ),
    EventSpec(
        "consent.revoked",
        "撤回部分授权",
        "took part of the consent back",
        {
            "purpose": text(
                "用途：marketing、profiling、sharing；微信推送的没有值，按 profiling 记",
                "marketing, profiling or sharing; null in WeChat's push, which counts as profiling",
                "marketing",
            ),
            "channel": text("只对哪个账号；没有写就是全部", "on which account alone; all where not said", "tea"),
            "appid": text("授权的 appid", "appid of the authorisation", "wx0000000000000001"),
            "revoke_info": text(
                "撤回的资料代码（201 地址 205 昵称头像 206 位置…）", "codes of what was taken back", "205"
            ),
        },
    ),
    EventSpec(
        "consent.cancelled",
        "注销授权（须删除其资料）",
        "cancelled the authorisation; personal data has to go",
        {"appid": text("授权的 appid", "appid of the authorisation", "wx0000000000000001")},
    ),
    EventSpec(
        "qrcode.scanned",
        "已关注的粉丝扫渠道码",
        "a follower scanned a QR code",
        {"scene": SCENE, "ticket": TICKET},
        replies=True,
        window="scan",
    ),
    EventSpec(
        "location.reported",
        "上报地理位置（默认不收）",
        "location report, dropped unless the account collects it",
        {
            "latitude": LATITUDE,
            "longitude": LONGITUDE,
            "precision": number("精度", "precision", 65.0, "米"),
        },
    ),
    EventSpec(
        "subscription.answered",
        "在弹窗里选择是否订阅通知",
        "answered a subscription dialog",
        {
            "accepted": items("同意的模板编号", "templates that were accepted", ["tmpl-1"]),
            "rejected": items("拒绝的模板编号", "templates that were rejected", ["tmpl-2"]),
            "answers": items(
                "逐条结果", "each answer", [{"template_id": "tmpl-1", "status": "accept", "popup_scene": "2"}]
            ),
        },
    ),
    EventSpec(
        "subscription.changed",
        "在设置里拒收订阅通知",
        "refused subscription messages in the settings",
        {
            "accepted": items("同意的模板编号", "templates that were accepted", []),
            "rejected": items("拒收的模板编号", "templates that are refused now", ["tmpl-2"]),
            "answers": items("逐条结果", "each answer", [{"template_id": "tmpl-2", "status": "reject"}]),
        },
    ),
    EventSpec(
        "subscription.delivered",
        "订阅通知的发送结果",
        "result of a subscription message",
        {
            "template_id": text("模板编号", "template", "tmpl-1"),
            "message_id": MESSAGE_ID,
            "code": number("错误码，0 为成功", "error code, 0 is success", 0),
            "status": text("结果说明", "result", "success"),
            "results": items("逐条结果", "each result", [{"template_id": "tmpl-1", "code": 0, "status": "success"}]),
        },
    ),
    EventSpec(
        "template.delivered",
        "模板消息的发送结果",
        "result of a template message",
        {
            "message_id": MESSAGE_ID,
            "status": text("success、blocked、failed", "success, blocked by the fan, or failed", "success"),
            "detail": text("微信给出的原文", "WeChat's own words", "failed:user block"),
        },
    ),
    EventSpec("session.opened", "接入客服会话", "a customer-service session began", {"staff": STAFF}),
    EventSpec("session.closed", "关闭客服会话", "a customer-service session ended", {"staff": STAFF}),
    EventSpec(
        "session.switched",
        "转接客服会话",
        "a customer-service session was handed over",
        {"from_staff": STAFF, "to_staff": STAFF},
    ),
    EventSpec(
        "session.entered",
        "进入小程序客服会话",
        "entered a mini-program's customer-service chat",
        {"session_from": text("来源参数", "where the session came from", "product-7")},
        window="session",
    ),
)

_MENU: Final = (
    EventSpec(
        "menu.clicked",
        "点击菜单",
        "clicked a menu button",
        {"key": KEY, "menu_id": MENU_ID},
        replies=True,
        window="menu",
    ),
    EventSpec(
        "menu.viewed",
        "点击菜单里的链接",
        "opened a link in the menu",
        {"url": text("链接地址", "address", "https://example.com/tea"), "menu_id": MENU_ID},
    ),
    EventSpec(
        "menu.miniprogram_opened",
        "点击菜单里的小程序",
        "opened a mini-program in the menu",
        {"page_path": text("小程序页面路径", "page path", "pages/tea"), "menu_id": MENU_ID},
    ),
    EventSpec("menu.code_scanned", "菜单扫码（推事件）", "scanned a code from the menu", SCANNED, window="menu"),
    EventSpec(
        "menu.code_awaited",
        "菜单扫码（等待回复）",
        "scanned a code from the menu and waits for a reply",
        SCANNED,
        replies=True,
        window="menu",
    ),
    EventSpec("menu.photo_taken", "菜单拍照发图", "took pictures from the menu", PICTURES),
    EventSpec("menu.photo_chosen", "菜单拍照或相册发图", "took or chose pictures from the menu", PICTURES),
    EventSpec("menu.picture_chosen", "菜单微信相册发图", "chose pictures from WeChat's album", PICTURES),
    EventSpec(
        "menu.location_chosen",
        "菜单选择地理位置",
        "chose a place from the menu",
        {"key": KEY, **PLACE, "poi_name": text("朋友圈 POI 名称", "name of the place of interest", "龙井村")},
    ),
)

_THINGS: Final = (
    EventSpec(
        "beacon.shaken",
        "摇一摇周边",
        "shook the phone near a beacon",
        {
            "uuid": text("设备 UUID", "UUID of the chosen beacon", "FDA50693-A4E2-4FB1-AFCF-C6EB07647825"),
            "major": number("Major", "major", 10001),
            "minor": number("Minor", "minor", 7),
            "distance": number("距离", "distance", 0.6, "米"),
            "around": items("附近的设备", "beacons around", [{"uuid": "FDA50693", "major": 10001, "minor": 8}]),
        },
    ),
    EventSpec(
        "wifi.connected",
        "连上门店 Wi-Fi",
        "connected to a shop's Wi-Fi",
        {
            "connected_at": time("连网时间", "when it connected"),
            "expires_at": time("系统保留字段", "reserved by WeChat"),
            "vendor_id": text("供应商编号", "vendor", "3001"),
            "place_id": text("门店编号", "place", "1201"),
            "device": text("无线设备 MAC", "address of the access point", "00:1f:7a:00:00:01"),
        },
    ),
    EventSpec("device.bound", "绑定设备", "bound a device", DEVICE),
    EventSpec("device.unbound", "解绑设备", "unbound a device", DEVICE),
    EventSpec("device.status_subscribed", "订阅设备状态", "wants a device's status", DEVICE),
    EventSpec("device.status_unsubscribed", "退订设备状态", "no longer wants a device's status", DEVICE),
)

WECHAT_EVENTS: Final[tuple[EventSpec, ...]] = (*_MESSAGES, *_FANS, *_MENU, *CARD_EVENTS, *_THINGS, *ACCOUNT_EVENTS)
"""Every type that a push can become."""
