"""Which encoding a text is in: by its mark, by its zeros, by what is valid, and by which reading people would write.

The rule, in this order. What is decided is never decided by less than these say; else the answer is :data:`UNSURE`.

1. A byte order mark says it. Without one, zeros on one side of each pair of bytes say UTF-16.
2. UTF-8, where most lines with other characters than ASCII are valid and one of them has a character of three bytes or
   more. Valid ones of two bytes alone (``é``) may as well be one Chinese character each: where these are familiar ones and
   stand beside no Latin letter, the text is unsure.
3. GB18030 or Big5. Nearly every text of either is valid in both, so both readings are scored: familiar characters count
   for it, those that hardly anybody writes against it. The better one counts where it is better by far, and Big5 only where
   three characters speak for it.
"""

import codecs
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

from yuchi.domain.words import Words
from yuchi.services.ports_imports import UnreadableFileError

UNSURE: Final = "?"
"""Behind an encoding: what was read so far does not say which one it is."""
UTF_8: Final = "utf-8"
UTF_16: Final = frozenset({"utf-16-le", "utf-16-be"})
GB: Final = "gb18030"
BIG5: Final = "big5"
_LEGACY: Final = (GB, BIG5)

CODECS: Final = {
    UTF_8: ("utf-8",),
    GB: ("gb18030",),
    BIG5: ("cp950", "big5hkscs"),
    "windows-1252": ("cp1252",),
    "utf-16-le": ("utf-16-le",),
    "utf-16-be": ("utf-16-be",),
}
"""Python's codecs for each: the first that can read a line. Big5 is that of Windows, then that of Hong Kong."""

TOLD: Final = {"utf-8": UTF_8, "utf-16": "utf-16-le", "gb18030": GB, "big5": BIG5, "windows-1252": "windows-1252"}
"""What people may say in a mapping or on the command line; of UTF-16 the mark may say otherwise."""

_ALIASES: Final = {
    **dict.fromkeys(("utf8", "utf_8", "utf-8-sig"), "utf-8"),
    **dict.fromkeys(("utf16", "unicode", "utf-16-le", "utf-16le"), "utf-16"),
    **dict.fromkeys(("gbk", "gb2312", "gb-18030", "cp936"), "gb18030"),
    **dict.fromkeys(("big-5", "cp950", "big5-hkscs", "big5hkscs"), "big5"),
    **dict.fromkeys(("cp1252", "latin1", "latin-1", "iso-8859-1"), "windows-1252"),
}

_MARKS: Final = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BINARY: Final = (
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    codecs.BOM_UTF32_LE,
    codecs.BOM_UTF32_BE,
    b"%PDF-",
)

_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_ENOUGH: Final = {GB: 1.0, BIG5: 4.0}
"""How much more than the other reading's a text's points have to be."""
_FAMILIAR: Final = frozenset(
    # the most frequent characters, simplified and traditional; then those of names, addresses and tables
    "的一是不了在人有我他这這中大来來上国國个個到说說们們为為子和你地出道也时時年得就那要下以生会會自着著去之过過家学學对對可她里裡裏"
    "后後小么麼心多天而能好都然没沒日于於起还還发發成事只作当當想看文无無开開手十用主行方又如前所本见見经經头頭面公同三已老从從动動"
    "两兩长長知样樣现現分将將外但身些与與高意进進把法此实實回二理美点點月明其种種声聲全工己话話儿兒者向情部正名定女问問力机機给給等"
    "几幾很业業最间間新什打便位因重被走电電四第门門相次东東政海口使教西再平真听聽世气氣信北少关關并並内內加化由却卻代军軍产產入先"
    "山五太水万萬市眼体體别別处處总總才场場师師书書比住员員九笑性通目华華报報立马馬命张張活难難神数數件安表原车車白应應路期叫死常"
    "提感金何更反合放做系计計或司利受光王果亲親界及今京务務制解各任至清物台象记記边邊共风風战戰干幹接它许許八特觉覺望直服毛林题題"
    "建南度统統色字请請交爱愛让讓认認算论論百吃义義科怎元社术術结結六功指思非流每青管夫连連远遠资資队隊跟带帶花快条條院变變联聯言"
    "权權往展该該领領传傳近留红紅治决決周保达達办辦运運武半候七必城父强強步完革深区區即求品士转轉量空甚众眾技轻輕程告江语語英基派"
    "满滿式李息写寫呢识識极極令黄黃德收脸臉钱錢党黨倒未持取设設始版双雙历歷越史商千片容研像找友孩站广廣改议議形委早房音火际際则則"
    "首单單据據导導影失拿网網香似斯专專石若兵弟谁誰校读讀志飞飛观觀争爭究包组組造落视視济濟喜离離虽雖坏壞微陈陳刘劉赵趙吴吳徐孙孫"
    "朱胡郭何罗羅宋郑鄭谢謝韩韓唐冯馮于董萧蕭程曹袁邓鄧傅沈曾彭吕呂苏蘇卢盧蒋蔣蔡贾賈丁魏薛叶葉阎閻余潘杜戴夏钟鍾汪田任姜范方"
    "姚谭譚廖邹鄒熊陆陸郝孔崔康邱秦顾顧侯邵孟龙龍段钱錢汤湯黎伟偉芳秀娜敏静靜丽麗艳豔杰傑娟涛濤超霞鹏鵬辉輝玲桂婷雪凤鳳洁潔梅琳"
    "淑怡君豪志雅惠玉冠宏嘉欣涵宇轩軒晨浩然泽澤俊萱雨佳琪欢歡乐樂福禄寿省县縣镇鎮街弄号號楼樓室层層乡鄉村州湾灣港澳深圳杭苏沪滬"
    "津渝川湖浙闽閩粤粵桂滇黔陕陝甘宁寧青新疆蒙藏吉黑辽遼冀晋晉鲁魯豫皖赣贛姓称稱职職性别生籍址邮郵箱码碼话话微编編额額价價订訂货貨"
    "购購买買卖賣店铺鋪数量总计支付款项項退税稅折扣优優惠积積卡券级級类類型状狀态態备備注註标標签籤客户戶联络絡绍紹来源渠首末尾更改删"
    "刪茶咖啡衣鞋帽裤褲裙包饮飲食礼禮盒套装裝免费費试試送达未已否女士先贵貴宾賓男"
    "、。，！？：；（）《》“”‘’—…·「」『』　％＃＋－～￥"
)


def sniff(head: bytes, *, whole: bool) -> tuple[str, int, str]:
    """``(encoding, bytes of its mark, newline)`` from the first bytes; ``whole``: there are no more.

    Raises :class:`UnreadableFileError` for what is no text, and for a text in several encodings or in an unknown one.
    """
    if head.startswith(_BINARY):
        raise _no_text()
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark), _newline(head, encoding)
    if wide := _by_zeros(head):
        return wide, 0, _newline(head, wide)
    lines = re.split(rb"[\r\n]+", head)
    telling = [line for line in (lines if whole else lines[:-1] or [head[:-4]]) if not line.isascii()]
    encoding = decide(telling) if telling else UTF_8 + UNSURE
    if not encoding:
        raise _no_text() if _CONTROLS.search(head) else _unsure()
    return encoding, 0, _newline(head, encoding)


def known_encoding(name: str) -> str:
    """``name`` as one of :data:`TOLD`; empty for what is not."""
    found = _ALIASES.get(name.strip().lower(), name.strip().lower())
    return found if found in TOLD else ""


def told(encoding: str, head: bytes) -> tuple[str, int, str]:
    """The same where people have said the encoding (a key of :data:`TOLD`)."""
    for mark, marked in _MARKS:
        if head.startswith(mark) and (marked in UTF_16) == (TOLD[encoding] in UTF_16):
            return marked, len(mark), _newline(head, marked)
    return TOLD[encoding], 0, _newline(head, TOLD[encoding])


def decide(lines: Sequence[bytes]) -> str:
    """The encoding of lines that all have more than ASCII; empty where they do not say which."""
    whole = [text for line in lines if (text := _read(line, UTF_8)) is not None]
    # By most of the lines: a few may be broken, or in another encoding, and are judged alone later.
    if len(whole) * 2 > len(lines):
        return UTF_8 if _is_surely_utf_8(lines, whole) else ""
    points = {encoding: _points(lines, encoding) for encoding in _LEGACY}
    best = max(points, key=lambda each: points[each])
    other = GB if best == BIG5 else BIG5
    valid = sum(_read(line, best) is not None for line in lines)
    if valid * 2 <= len(lines) or points[best] <= 0:
        return ""
    return best if points[best] - points[other] >= _ENOUGH[best] else ""


def read_line(line: bytes, encoding: str) -> str | None:
    """The text of a line in a file of ``encoding``; None where it is in another one."""
    text = _read(line, encoding)
    if text is None or encoding not in _LEGACY:
        return text
    return None if _is_foreign(line, text, encoding) else text


def read_told_line(line: bytes, encoding: str) -> str | None:
    """The text of a line where people have said the encoding; None where it is not valid."""
    return _read(line, encoding)


def _is_foreign(line: bytes, text: str, encoding: str) -> bool:
    """The line is valid in its file's encoding as nearly everything is, and yet was written in another."""
    if (other := _read(line, UTF_8)) is not None and any(char >= _THREE_BYTES for char in other):
        return True
    own = _score(text, encoding)
    if own > 0:
        return False
    other_one = GB if encoding == BIG5 else BIG5
    return _points([line], other_one) >= _ENOUGH[BIG5]


_THREE_BYTES: Final = "\u0800"
_BESIDE_LATIN: Final = re.compile("[A-Za-z][\u0080-\u07ff]|[\u0080-\u07ff][A-Za-z]")


def _is_surely_utf_8(lines: Sequence[bytes], texts: Iterable[str]) -> bool:
    text = "\n".join(texts)
    if any(char >= _THREE_BYTES for char in text) or _BESIDE_LATIN.search(text):
        return True
    return max(_points(lines, encoding) for encoding in _LEGACY) <= 0


def _read(line: bytes, encoding: str) -> str | None:
    for codec in CODECS[encoding]:
        try:
            return line.decode(codec)
        except UnicodeDecodeError:
            continue
    return None


def _points(lines: Iterable[bytes], encoding: str) -> float:
    """How much speaks for this reading of the lines; a line that cannot be read so speaks against it."""
    texts = [_read(line, encoding) for line in lines]
    return sum(-2.0 if text is None else _score(text, encoding) for text in texts)


def _score(text: str, encoding: str) -> float:
    common = _common(encoding)
    return sum(2.0 if char in _FAMILIAR else 0.25 if char in common else -1.0 for char in text if not char.isascii())


@cache
def _common(encoding: str) -> frozenset[str]:
    """The characters that the standard's makers took for the common ones: the first level of each."""
    first, last, codec = (0xB0, 0xD7, "gb2312") if encoding == GB else (0xA4, 0xC6, "big5")
    trails = [*range(0x40, 0x7F), *range(0xA1, 0xFF)]
    pairs = (bytes((lead, trail)).decode(codec, "ignore") for lead in range(first, last + 1) for trail in trails)
    return frozenset(pair for pair in pairs if len(pair) == 1 and not pair.isascii())


def _by_zeros(head: bytes) -> str:
    """UTF-16 without a mark: newlines, digits and commas have a zero as one of their two bytes, always on one side."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) * 50 < len(head) or min(even, odd) * 20 > max(even, odd) or not max(even, odd):
        return ""
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    broken = text.count("\ufffd") * 20 > len(text)
    return "" if broken or not any(sign in text for sign in ",\t\n\r;|{") else encoding


def _newline(head: bytes, encoding: str) -> str:
    text = head.decode(CODECS[encoding.rstrip(UNSURE)][0], "replace")
    return "\r" if "\n" not in text and "\r" in text else "\n"


def _no_text() -> UnreadableFileError:
    return UnreadableFileError(
        Words(
            "这不是文本文件；请另存为 CSV（UTF-8）、XLSX 或每行一个 JSON 的 JSONL",
            "this is no text; save it as CSV (UTF-8), XLSX or JSONL (one JSON a line)",
        )
    )


def _unsure() -> UnreadableFileError:
    names = ", ".join(TOLD)
    return UnreadableFileError(
        Words(
            f"看不出文件是什么编码；请在映射里写 encoding（{names}），或者另存为 CSV（UTF-8）",
            f"the file does not say which encoding it is in; write encoding in the mapping ({names}), "
            "or save it as CSV (UTF-8)",
        )
    )
