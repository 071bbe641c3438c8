"""Events of shops, sites and apps: those of the Segment specification that rules are mostly about.

A source may tell more of each than is listed here, and events of its own beside them (``custom.…``).
"""

from collections.abc import Mapping
from typing import Final

from yuchi.domain.catalogue import EventSpec, FieldSpec, Kind
from yuchi.domain.wechat_fields import items, number, text

AMOUNT: Final = number("订单金额（由总价或商品算出）", "amount of the order, from what it says", 129.0, "元")

_ORDER_ID: Final = text("订单号", "id of the order", "20260501-001")
_CURRENCY: Final = text("币种", "currency", "CNY")
_PRODUCTS: Final = items(
    "商品：product_id、name、category、brand、price、quantity、cycle_days（多少天用完）",
    "products: product_id, name, category, brand, price, quantity, cycle_days (days until used up)",
)
_ORDER: Final[Mapping[str, FieldSpec]] = {
    "order_id": _ORDER_ID,
    "amount": AMOUNT,
    "total": number("总价", "total", 129.0, "元"),
    "revenue": number("商品收入（不含运费、税）", "revenue without shipping and tax", 119.0, "元"),
    "coupon": text("优惠券", "coupon", "MAY10"),
    "currency": _CURRENCY,
    "products": _PRODUCTS,
}
_PRODUCT: Final[Mapping[str, FieldSpec]] = {
    "product_id": text("商品编号", "id of the product", "green-tea-250"),
    "name": text("商品名称", "name of the product", "明前绿茶 250 克"),
    "category": text("品类", "category", "绿茶"),
    "brand": text("商品的品牌", "brand of the product", "青山"),
    "price": number("单价", "price", 129.0, "元"),
    "quantity": number("数量", "quantity", 1),
}
_CART: Final[Mapping[str, FieldSpec]] = {"cart_id": text("购物车编号", "id of the cart", "c-1"), "products": _PRODUCTS}
_PAGE: Final[Mapping[str, FieldSpec]] = {
    "name": text("页面名称", "name of the page", "会员中心"),
    "url": text("网址", "its address", "https://shop.example.com/member"),
    "path": text("路径", "path", "/member"),
    "title": text("标题", "title", "会员中心"),
    "referrer": text("来源网址", "where the person came from", "https://www.example.com/"),
}


def _told(event_type: str, zh: str, en: str, fields: Mapping[str, FieldSpec]) -> EventSpec:
    return EventSpec(event_type, zh, en, fields, open=True)


SOURCE_EVENTS: Final[tuple[EventSpec, ...]] = (
    _told("page.viewed", "浏览网页", "saw a page", _PAGE),
    _told("screen.viewed", "浏览 App 页面", "saw a screen of an app", {"name": _PAGE["name"]}),
    _told(
        "person.identified",
        "登录或资料更新",
        "a source said who it is, or what it knows of the person",
        {"traits": FieldSpec(Kind.MAP, "资料（会成为属性）", "what becomes attributes")},
    ),
    _told("person.signed_up", "注册", "signed up", {}),
    _told("products.searched", "搜索商品", "searched products", {"query": text("搜索词", "what was searched", "绿茶")}),
    _told("product.viewed", "浏览商品", "saw a product", _PRODUCT),
    _told("product.added", "加入购物车", "put a product into the cart", _PRODUCT),
    _told("product.removed", "移出购物车", "took a product out of the cart", _PRODUCT),
    _told("cart.viewed", "查看购物车", "looked at the cart", _CART),
    _told("checkout.started", "开始结算", "began to check out", _ORDER),
    _told("order.completed", "下单", "made an order", _ORDER),
    _told("order.updated", "订单变更", "changed an order", _ORDER),
    _told("order.refunded", "退款", "got a refund", _ORDER),
    _told("order.cancelled", "取消订单", "cancelled an order", _ORDER),
    _told("form.submitted", "提交表单", "sent a form", {"form_name": text("表单名称", "name of the form", "预约")}),
)
