"""Events of cards, payments, products and invoices."""

from typing import Final

from yuchi.domain.catalogue import EventSpec
from yuchi.domain.wechat_fields import (
    CARD,
    CARD_ID,
    ORDER_ID,
    OUTER,
    PRODUCT,
    REASON,
    boolean,
    items,
    number,
    text,
    time,
)

_FRIEND: Final = text("好友的 openid", "openid of the friend", "oFriend0000000000000000000001")
_PAGE: Final = text("礼品卡货架编号", "id of the gift-card page", "page-1")
_INVOICE_STATUS: Final = text("发票状态", "state of the invoice", "INVOICE_REIMBURSE_INIT")

CARD_EVENTS: Final[tuple[EventSpec, ...]] = (
    EventSpec("card.approved", "卡券审核通过", "a card passed review", {"card_id": CARD_ID}),
    EventSpec("card.rejected", "卡券审核未通过", "a card failed review", {"card_id": CARD_ID, "reason": REASON}),
    EventSpec(
        "card.received",
        "领取卡券",
        "got a card",
        {
            **CARD,
            "outer_id": text("领取场景值（旧）", "place of giving out, old form", "0"),
            "outer": OUTER,
            "from_friend": boolean("是否好友转赠", "given by a friend", example=False),
            "friend": _FRIEND,
            "previous_code": text("转赠前的 Code", "code before it was given on", "800012345677"),
            "restored": boolean("是否找回会员卡", "a deleted member card that came back", example=False),
            "recommended": boolean("是否好友推荐", "recommended by a friend", example=False),
        },
    ),
    EventSpec(
        "card.gifted",
        "转赠卡券",
        "gave a card on",
        {
            **CARD,
            "friend": _FRIEND,
            "returned": boolean("是否超时退回", "came back because nobody took it", example=False),
            "to_group": boolean("是否转赠到群", "given to a group chat", example=False),
        },
    ),
    EventSpec("card.deleted", "删除卡券", "deleted a card", CARD),
    EventSpec("card.viewed", "进入会员卡", "opened a member card", {**CARD, "outer": OUTER}),
    EventSpec("card.session_entered", "从卡券进入公众号会话", "entered the chat from a card", CARD),
    EventSpec(
        "card.consumed",
        "核销卡券",
        "used a card",
        {
            **CARD,
            "consume_source": text("核销来源", "where it was used", "FROM_API"),
            "location_name": text("门店名称", "name of the shop", "龙井店"),
            "staff": text("核销店员的 openid", "openid of the clerk", "oStaff00000000000000000000001"),
            "verify_code": text("自助核销验证码", "verification code", "1234"),
            "remark_amount": text("自助核销备注金额", "amount noted", "10000"),
            "outer": OUTER,
        },
    ),
    EventSpec(
        "card.member_updated",
        "会员卡内容更新",
        "a member card changed",
        {
            **CARD,
            "bonus_change": number("积分变动", "change of the bonus", 20),
            "balance_change": number("余额变动", "change of the balance", 100),
        },
    ),
    EventSpec("card.member_activated", "会员卡激活", "activated a member card", CARD),
    EventSpec(
        "card.stock_low",
        "卡券库存不足",
        "a card is running out",
        {
            "card_id": CARD_ID,
            "detail": text("说明", "WeChat's words", "the card's quantity is equal to 0"),
        },
    ),
    EventSpec(
        "card.quota_ordered",
        "券点流水",
        "a card quota was bought or given back",
        {
            "order_id": ORDER_ID,
            "status": text("订单状态", "state of the order", "ORDER_STATUS_FINANCE_SUCC"),
            "created_at": time("下单时间", "when it was ordered"),
            "paid_at": time("支付完成时间", "when it was paid"),
            "description": text("说明", "description", "购买券点"),
            "free_coins": number("免费券点", "free coins", 200),
            "paid_coins": number("付费券点", "paid coins", 0),
            "refunded_free_coins": number("退回的免费券点", "free coins given back", 0),
            "refunded_paid_coins": number("退回的付费券点", "paid coins given back", 0),
            "order_type": text("订单类型", "type of the order", "ORDER_TYPE_SYS_ADD"),
            "memo": text("备注", "memo", "开通账户奖励"),
            "receipt": text("发票情况", "receipt", "无"),
        },
    ),
    EventSpec(
        "payment.completed",
        "用微信买单付款",
        "paid at the cash desk",
        {
            **CARD,
            "transaction_id": text("微信支付交易号", "transaction id", "4200000000000001"),
            "location_id": text("门店编号", "shop", "291710000"),
            "fee": number("实付金额", "amount paid", 10000, "分"),
            "original_fee": number("应付金额", "amount before discounts", 10000, "分"),
            "amount": number("实付金额", "amount paid", 100.0, "元"),
        },
        window="payment",
    ),
    EventSpec("giftcard.paid", "购买礼品卡", "bought a gift card", {"page_id": _PAGE, "order_id": ORDER_ID}),
    EventSpec(
        "giftcard.sent",
        "赠送礼品卡",
        "sent a gift card",
        {
            "page_id": _PAGE,
            "order_id": ORDER_ID,
            "to_group": boolean("是否发到群", "sent to a group chat", example=False),
            "returned": boolean("是否超时退回", "came back because nobody took it", example=False),
        },
    ),
    EventSpec("giftcard.accepted", "领取礼品卡", "accepted a gift card", {"page_id": _PAGE, "order_id": ORDER_ID}),
    EventSpec(
        "shop_order.paid",
        "微信小店订单付款",
        "paid an order in the WeChat shop",
        {
            "order_id": ORDER_ID,
            "status": text("订单状态", "state of the order", "2"),
            "product_id": text("商品编号", "product", "pProduct-0001"),
            "sku": text("SKU", "variant", "10001:1000012"),
        },
    ),
    EventSpec(
        "product.scanned",
        "扫商品打开主页",
        "scanned a product",
        {
            **PRODUCT,
            "country": text("国家", "country", "中国"),
            "province": text("省", "province", "浙江"),
            "city": text("城市", "city", "杭州"),
            "sex": text("性别（1 男 2 女 0 未知）", "sex (1 male, 2 female, 0 unknown)", "1"),
            "scene": text("打开方式（1 扫码 2 其它）", "1 by scanning, 2 otherwise", "1"),
            "extra": text("自定义参数", "own parameter", "shelf-3"),
        },
    ),
    EventSpec(
        "product.scan_verified",
        "商品二次验证",
        "a scanned product asks for verification",
        {
            **PRODUCT,
            "extra": text("自定义参数", "own parameter", "shelf-3"),
            "region_code": text("地区码", "code of the region", "330100"),
        },
    ),
    EventSpec(
        "product.session_entered",
        "从商品主页进入会话",
        "entered the chat from a product",
        {
            **PRODUCT,
            "extra": text("自定义参数", "own parameter", "shelf-3"),
        },
    ),
    EventSpec(
        "product.reviewed",
        "商品主页审核结果",
        "a product page was reviewed",
        {
            **PRODUCT,
            "result": text("审核结果", "outcome", "verify_ok"),
            "reason": REASON,
        },
    ),
    EventSpec(
        "invoice.authorized",
        "授权开票",
        "agreed to an invoice",
        {
            "order_id": ORDER_ID,
            "failed_order_id": text("失败的订单号", "order that failed", "20260308000124"),
            "appid": text("授权的 appid", "appid", "wx0000000000000001"),
            "origin": text("来源", "where it came from", "web"),
        },
    ),
    EventSpec("invoice.updated", "发票状态变化", "an invoice changed state", {**CARD, "status": _INVOICE_STATUS}),
    EventSpec(
        "invoice.title_submitted",
        "提交发票抬头",
        "submitted an invoice title",
        {
            "title": text("抬头", "title", "青山茶业有限公司"),
            "title_type": text("抬头类型", "type of the title", "InvoiceTitleTypeCompany"),
            "phone": text("电话", "telephone", "0571-00000000"),
            "tax_number": text("税号", "tax number", "91330100TEST00001X"),
            "address": text("地址", "address", "杭州市"),
            "bank": text("开户行", "bank", "示例银行"),
            "bank_account": text("银行账号", "account at the bank", "0000"),
            "attach": text("附加字段", "attachment", "20260308"),
        },
    ),
    EventSpec(
        "media.checked",
        "内容安全检测结果",
        "result of a content check",
        {
            "trace_id": text("任务编号", "id of the check", "60ae120f-371d5872"),
            "risky": boolean("是否有风险", "found risky", example=False),
            "suggestion": text("建议（pass、review、risky）", "suggestion", "pass"),
            "label": text("命中标签", "label", "100"),
            "appid": text("小程序 appid", "appid", "wx0000000000000001"),
            "status_code": text("检测状态", "state of the check", "0"),
            "extra": text("附加信息", "further information", "{}"),
            "details": items("详细结果", "details", []),
        },
    ),
)
