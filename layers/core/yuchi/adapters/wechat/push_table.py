"""What each push becomes: one row a kind of push, after the field tables of WeChat's documentation.

The key of a row is the message type, or ``event.<Event>`` in lower case. A row maps names of ``Event.data`` to paths in
the payload; ``|`` separates spellings seen in the wild. How a value is converted follows from the catalogue's kind of
the field.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from yuchi.adapters.wechat import push_refinements as refine

Payload = dict[str, Any]
Data = dict[str, Any]


class Subject(Enum):
    """Whom a push is about. The sender is not always the fan (it may be a helper account of WeChat's own)."""

    SENDER = ("FromUserName",)
    NAMED = ("OpenID",)
    NOBODY = ()


@dataclass(frozen=True, slots=True)
class Row:
    """``refine`` adds to the data what a path cannot express."""

    type: str
    fields: Mapping[str, str] = field(default_factory=dict)
    subject: Subject = Subject.SENDER
    refine: Callable[[Payload], Data] | None = None


_MESSAGE = {"message_id": "MsgId|MsgID"}
_VIDEO = {"media_id": "MediaId", "thumb_media_id": "ThumbMediaId", **_MESSAGE}
_DEVICE = {"device_id": "DeviceID", "device_type": "DeviceType"}
_CARD = {"card_id": "CardId", "code": "UserCardCode"}
_PICTURES = {"key": "EventKey", "count": "SendPicsInfo/Count"}
_SCANNED = {
    "key": "EventKey",
    "menu_id": "MenuId|MenuID",
    "scan_type": "ScanCodeInfo/ScanType",
    "scan_result": "ScanCodeInfo/ScanResult",
}
_SUBSCRIPTION_ANSWERS = refine.subscription_answers
_PRODUCT = {"standard": "KeyStandard", "code": "KeyStr"}
_AUDIT = {"audit_id": "audit_id", "status": "status", "reason": "reason"}
_GIFT = {"page_id": "PageId", "order_id": "OrderId"}
_FAILURE = {"failed_at": "FailTime", "reason": "FailReason"}
_EXPIRY = {"expires_at": "ExpiredTime"}
_AUTHORISATION = {"appid": "AppID|AppId"}

MESSAGES: Final[Mapping[str, Row]] = {
    "text": Row("message.text", {"content": "Content", "menu_item_id": "bizmsgmenuid", **_MESSAGE}),
    "image": Row("message.image", {"picture_url": "PicUrl", "media_id": "MediaId", **_MESSAGE}),
    "voice": Row(
        "message.voice", {"media_id": "MediaId", "format": "Format", "recognition": "Recognition", **_MESSAGE}
    ),
    "video": Row("message.video", _VIDEO),
    "shortvideo": Row("message.shortvideo", _VIDEO),
    "location": Row(
        "message.location",
        {"latitude": "Location_X", "longitude": "Location_Y", "scale": "Scale", "label": "Label", **_MESSAGE},
    ),
    "link": Row("message.link", {"title": "Title", "description": "Description", "url": "Url", **_MESSAGE}),
    "miniprogrampage": Row(
        "message.miniprogram_page",
        {
            "title": "Title",
            "appid": "AppId",
            "page_path": "PagePath",
            "thumb_url": "ThumbUrl",
            "thumb_media_id": "ThumbMediaId",
            **_MESSAGE,
        },
    ),
    "file": Row(
        "message.file",
        {
            "title": "Title",
            "description": "Description",
            "file_key": "FileKey",
            "file_md5": "FileMd5",
            "file_size": "FileTotalLen",
            **_MESSAGE,
        },
    ),
    "device_text": Row("message.device", {**_DEVICE, "content": "Content", **_MESSAGE}),
}

_FANS: Final[Mapping[str, Row]] = {
    "subscribe": Row("fan.subscribed", {"ticket": "Ticket"}, refine=refine.subscription_origin),
    "unsubscribe": Row("fan.unsubscribed"),
    "scan": Row("qrcode.scanned", {"scene": "EventKey", "ticket": "Ticket"}),
    "location": Row("location.reported", {"latitude": "Latitude", "longitude": "Longitude", "precision": "Precision"}),
    "user_info_modified": Row("fan.info_modified", _AUTHORISATION, Subject.NAMED),
    "user_authorization_revoke": Row("consent.revoked", {**_AUTHORISATION, "revoke_info": "RevokeInfo"}, Subject.NAMED),
    "user_authorization_cancellation": Row("consent.cancelled", _AUTHORISATION, Subject.NAMED),
    "subscribe_msg_popup_event": Row("subscription.answered", refine=_SUBSCRIPTION_ANSWERS),
    "subscribe_msg_change_event": Row("subscription.changed", refine=_SUBSCRIPTION_ANSWERS),
    "subscribe_msg_sent_event": Row("subscription.delivered", refine=refine.subscription_results),
    "templatesendjobfinish": Row(
        "template.delivered", {"message_id": "MsgID|MsgId", "detail": "Status"}, refine=refine.template_status
    ),
    "kf_create_session": Row("session.opened", {"staff": "KfAccount"}),
    "kf_close_session": Row("session.closed", {"staff": "KfAccount"}),
    "kf_switch_session": Row("session.switched", {"from_staff": "FromKfAccount", "to_staff": "ToKfAccount"}),
    "user_enter_tempsession": Row("session.entered", {"session_from": "SessionFrom"}),
}

_MENU: Final[Mapping[str, Row]] = {
    "click": Row("menu.clicked", {"key": "EventKey", "menu_id": "MenuId|MenuID"}),
    "view": Row("menu.viewed", {"url": "EventKey", "menu_id": "MenuId|MenuID"}),
    "view_miniprogram": Row("menu.miniprogram_opened", {"page_path": "EventKey", "menu_id": "MenuId|MenuID"}),
    "scancode_push": Row("menu.code_scanned", _SCANNED),
    "scancode_waitmsg": Row("menu.code_awaited", _SCANNED),
    "pic_sysphoto": Row("menu.photo_taken", _PICTURES, refine=refine.pictures),
    "pic_photo_or_album": Row("menu.photo_chosen", _PICTURES, refine=refine.pictures),
    "pic_weixin": Row("menu.picture_chosen", _PICTURES, refine=refine.pictures),
    "location_select": Row(
        "menu.location_chosen",
        {
            "key": "EventKey",
            "latitude": "SendLocationInfo/Location_X",
            "longitude": "SendLocationInfo/Location_Y",
            "scale": "SendLocationInfo/Scale",
            "label": "SendLocationInfo/Label",
            "poi_name": "SendLocationInfo/Poiname",
        },
    ),
}

_CARDS: Final[Mapping[str, Row]] = {
    "card_pass_check": Row("card.approved", {"card_id": "CardId"}, Subject.NOBODY),
    "card_not_pass_check": Row("card.rejected", {"card_id": "CardId", "reason": "RefuseReason"}, Subject.NOBODY),
    "user_get_card": Row(
        "card.received",
        {
            **_CARD,
            "outer_id": "OuterId",
            "outer": "OuterStr",
            "from_friend": "IsGiveByFriend",
            "friend": "FriendUserName",
            "previous_code": "OldUserCardCode",
            "restored": "IsRestoreMemberCard",
            "recommended": "IsRecommendByFriend",
        },
    ),
    "user_gifting_card": Row(
        "card.gifted", {**_CARD, "friend": "FriendUserName", "returned": "IsReturnBack", "to_group": "IsChatRoom"}
    ),
    "user_del_card": Row("card.deleted", _CARD),
    "user_view_card": Row("card.viewed", {**_CARD, "outer": "OuterStr"}),
    "user_enter_session_from_card": Row("card.session_entered", _CARD),
    "user_consume_card": Row(
        "card.consumed",
        {
            **_CARD,
            "consume_source": "ConsumeSource",
            "location_name": "LocationName",
            "staff": "StaffOpenId",
            "verify_code": "VerifyCode",
            "remark_amount": "RemarkAmount",
            "outer": "OuterStr",
        },
    ),
    "update_member_card": Row(
        "card.member_updated", {**_CARD, "bonus_change": "ModifyBonus", "balance_change": "ModifyBalance"}
    ),
    "submit_membercard_user_info": Row("card.member_activated", _CARD),
    "card_sku_remind": Row("card.stock_low", {"card_id": "CardId", "detail": "Detail"}, Subject.NOBODY),
    "card_pay_order": Row(
        "card.quota_ordered",
        {
            "order_id": "OrderId",
            "status": "Status",
            "created_at": "CreateOrderTime",
            "paid_at": "PayFinishTime",
            "description": "Desc",
            "free_coins": "FreeCoinCount",
            "paid_coins": "PayCoinCount",
            "refunded_free_coins": "RefundFreeCoinCount",
            "refunded_paid_coins": "RefundPayCoinCount",
            "order_type": "OrderType",
            "memo": "Memo",
            "receipt": "ReceiptInfo",
        },
        Subject.NOBODY,
    ),
    "user_pay_from_pay_cell": Row(
        "payment.completed",
        {
            **_CARD,
            "transaction_id": "TransId",
            "location_id": "LocationId",
            "fee": "Fee",
            "original_fee": "OriginalFee",
        },
    ),
    "giftcard_pay_done": Row("giftcard.paid", _GIFT),
    "giftcard_send_to_friend": Row("giftcard.sent", {**_GIFT, "to_group": "IsChatRoom", "returned": "IsReturnBack"}),
    "giftcard_user_accept": Row("giftcard.accepted", _GIFT),
    "merchant_order": Row(
        "shop_order.paid",
        {"order_id": "OrderId", "status": "OrderStatus", "product_id": "ProductId", "sku": "SkuInfo"},
    ),
    "user_scan_product": Row(
        "product.scanned",
        {
            **_PRODUCT,
            "country": "Country",
            "province": "Province",
            "city": "City",
            "sex": "Sex",
            "scene": "Scene",
            "extra": "ExtInfo",
        },
    ),
    "user_scan_product_async": Row(
        "product.scan_verified", {**_PRODUCT, "extra": "ExtInfo", "region_code": "RegionCode"}
    ),
    "user_scan_product_enter_session": Row("product.session_entered", {**_PRODUCT, "extra": "ExtInfo"}),
    "user_scan_product_verify_action": Row(
        "product.reviewed", {**_PRODUCT, "result": "Result", "reason": "ReasonMsg"}, Subject.NOBODY
    ),
    "user_authorize_invoice": Row(
        "invoice.authorized",
        {"order_id": "SuccOrderId", "failed_order_id": "FailOrderId", "appid": "AppId", "origin": "Source"},
    ),
    "update_invoice_status": Row("invoice.updated", {"card_id": "CardId", "code": "Code", "status": "Status"}),
    "submit_invoice_title": Row(
        "invoice.title_submitted",
        {
            "title": "title",
            "title_type": "title_type",
            "phone": "phone",
            "tax_number": "tax_no",
            "address": "addr",
            "bank": "bank_type",
            "bank_account": "bank_no",
            "attach": "attach",
        },
    ),
    "wxa_media_check": Row(
        "media.checked",
        {
            "trace_id": "trace_id",
            "risky": "isrisky",
            "suggestion": "result/suggest",
            "label": "result/label",
            "appid": "appid",
            "status_code": "status_code|errcode",
            "extra": "extra_info_json",
        },
        Subject.NOBODY,
        refine.media_details,
    ),
}

_THINGS: Final[Mapping[str, Row]] = {
    "shakearoundusershake": Row(
        "beacon.shaken",
        {
            "uuid": "ChosenBeacon/Uuid",
            "major": "ChosenBeacon/Major",
            "minor": "ChosenBeacon/Minor",
            "distance": "ChosenBeacon/Distance",
        },
        refine=refine.beacons_around,
    ),
    "wificonnected": Row(
        "wifi.connected",
        {
            "connected_at": "ConnectTime",
            "expires_at": "ExpireTime",
            "vendor_id": "VendorId|VenderId",
            "place_id": "PlaceId|ShopId",
            "device": "DeviceNo",
        },
    ),
    "device_bind": Row("device.bound", _DEVICE, Subject.NAMED),
    "device_unbind": Row("device.unbound", _DEVICE, Subject.NAMED),
    "device_subscribe_status": Row("device.status_subscribed", _DEVICE, Subject.NAMED),
    "device_unsubscribe_status": Row("device.status_unsubscribed", _DEVICE, Subject.NAMED),
}

_ACCOUNT: Final[Mapping[str, Row]] = {
    "masssendjobfinish": Row(
        "campaign.finished",
        {
            "message_id": "MsgID|MsgId",
            "detail": "Status",
            "total_count": "TotalCount",
            "filter_count": "FilterCount",
            "sent_count": "SentCount",
            "error_count": "ErrorCount",
            "check_state": "CopyrightCheckResult/CheckState",
        },
        Subject.NOBODY,
        refine.mass_outcome,
    ),
    "publishjobfinish": Row(
        "publication.finished",
        {
            "publish_id": "PublishEventInfo/publish_id",
            "status_code": "PublishEventInfo/publish_status",
            "article_id": "PublishEventInfo/article_id",
            "count": "PublishEventInfo/article_detail/count",
        },
        Subject.NOBODY,
        refine.publication_outcome,
    ),
    "qualification_verify_success": Row("verification.qualified", _EXPIRY, Subject.NOBODY),
    "qualification_verify_fail": Row("verification.qualification_failed", _FAILURE, Subject.NOBODY),
    "naming_verify_success": Row("verification.named", _EXPIRY, Subject.NOBODY),
    "naming_verify_fail": Row("verification.naming_failed", _FAILURE, Subject.NOBODY),
    "annual_renew": Row("verification.renewal_due", _EXPIRY, Subject.NOBODY),
    "verify_expired": Row("verification.expired", _EXPIRY, Subject.NOBODY),
    "poi_check_notify": Row(
        "store.reviewed",
        {"unique_id": "UniqId", "poi_id": "PoiId", "result": "Result|result", "message": "Msg|msg"},
        Subject.NOBODY,
    ),
    "create_map_poi_audit_info": Row(
        "store.place_audited",
        {**_AUDIT, "map_poi_id": "map_poi_id", "name": "name", "address": "address", "remark": "sh_remark"},
        Subject.NOBODY,
    ),
    "add_store_audit_info": Row(
        "store.addition_audited", {**_AUDIT, "poi_id": "poiid|poi_id", "upgraded": "is_upgrade"}, Subject.NOBODY
    ),
    "modify_store_audit_info": Row("store.change_audited", _AUDIT, Subject.NOBODY),
    "apply_merchant_audit_info": Row("store.merchant_audited", _AUDIT, Subject.NOBODY),
}

ROWS: Final[Mapping[str, Row]] = {
    **MESSAGES,
    **{f"event.{name}": row for group in (_FANS, _MENU, _CARDS, _THINGS, _ACCOUNT) for name, row in group.items()},
}
