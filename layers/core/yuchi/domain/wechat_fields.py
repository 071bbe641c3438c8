"""Fields that several WeChat events share."""

from collections.abc import Mapping
from typing import Any, Final

from yuchi.domain.catalogue import FieldSpec, Kind


def text(zh: str, en: str, example: Any = None) -> FieldSpec:
    """A text field."""
    return FieldSpec(Kind.TEXT, zh, en, example)


def number(zh: str, en: str, example: Any = None, unit: str = "") -> FieldSpec:
    """A number field."""
    return FieldSpec(Kind.NUMBER, zh, en, example, unit)


def boolean(zh: str, en: str, *, example: bool) -> FieldSpec:
    """A yes-or-no field."""
    return FieldSpec(Kind.BOOLEAN, zh, en, example)


def time(zh: str, en: str) -> FieldSpec:
    """A moment, in ``Event.data`` as UTC text (:func:`yuchi.domain.event.format_time`)."""
    return FieldSpec(Kind.TIME, zh, en, "2026-03-08T02:00:00.000Z")


def items(zh: str, en: str, example: Any = None) -> FieldSpec:
    """A list field."""
    return FieldSpec(Kind.LIST, zh, en, example)


def mapping(zh: str, en: str, example: Any = None) -> FieldSpec:
    """A field that holds named values."""
    return FieldSpec(Kind.MAP, zh, en, example)


MESSAGE_ID: Final = text(
    "消息编号（64 位，按文本保存）", "id of the message (64 bits, kept as text)", "24019283746501928"
)
MEDIA_ID: Final = text("素材编号，3 天内可下载", "media id, can be downloaded for 3 days", "k2Fz9mQ7")
KEY: Final = text("菜单按钮的 KEY", "key of the menu button", "TRIAL")
MENU_ID: Final = text("个性化菜单编号", "id of the conditional menu", "423456789")
SCENE: Final = text("渠道码的场景值（已去掉 qrscene_）", "scene of the QR code, without qrscene_", "store-12")
TICKET: Final = text("二维码的 ticket", "ticket of the QR code", "gQH47joAAAAA")
TITLE: Final = text("标题", "title", "春茶上新")
DESCRIPTION: Final = text("描述", "description", "明前龙井")
LATITUDE: Final = number("纬度", "latitude", 30.25, "度")
LONGITUDE: Final = number("经度", "longitude", 120.16, "度")
SCALE: Final = number("地图缩放大小", "scale of the map", 15)
LABEL: Final = text("地理位置说明", "name of the place", "西湖区龙井路")
STAFF: Final = text("客服账号", "customer-service account", "lin@greenhill")
CARD_ID: Final = text("卡券编号", "id of the card", "pCard-0001")
CARD_CODE: Final = text("卡券 Code 码", "code of the person's card", "800012345678")
OUTER: Final = text("领取渠道参数", "parameter of the place where the card was given out", "poster-3")
REASON: Final = text("原因", "reason", "资料不清晰")
EXPIRES: Final = time("有效期至", "valid until")
ORDER_ID: Final = text("订单号", "order id", "20260308000123")
PRODUCT: Final[Mapping[str, FieldSpec]] = {
    "standard": text("商品编码标准", "standard of the product code", "ean13"),
    "code": text("商品编码", "product code", "6900000000017"),
}
CARD: Final[Mapping[str, FieldSpec]] = {"card_id": CARD_ID, "code": CARD_CODE}
AUDIT: Final[Mapping[str, FieldSpec]] = {
    "audit_id": text("审核单号", "id of the audit", "90017"),
    "status": text("审核结果", "outcome of the audit", "3"),
    "reason": REASON,
}
PLACE: Final[Mapping[str, FieldSpec]] = {"latitude": LATITUDE, "longitude": LONGITUDE, "scale": SCALE, "label": LABEL}
PICTURES: Final[Mapping[str, FieldSpec]] = {
    "key": KEY,
    "count": number("图片张数", "number of pictures", 2),
    "pictures": items("图片 MD5 列表", "MD5 of each picture", ["0f343b0931126a20f133d67c2b018a3b"]),
}
SCANNED: Final[Mapping[str, FieldSpec]] = {
    "key": KEY,
    "menu_id": MENU_ID,
    "scan_type": text("扫描类型", "what was scanned", "qrcode"),
    "scan_result": text("扫描结果", "what the code says", "https://example.com/p/1"),
}
DEVICE: Final[Mapping[str, FieldSpec]] = {
    "device_id": text("设备编号", "id of the device", "scale-01"),
    "device_type": text("设备类型", "type of the device", "gh_0000000000a1"),
}
