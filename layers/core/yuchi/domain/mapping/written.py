"""The form of a mapping as people write it. The JSON schema is made from these models."""

from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from yuchi.domain.mapping.values import SEPARATORS

SKIP: Final = "skip"
"""In place of an event type: such rows are left out, and counted as skipped."""

Path = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
TypeName = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*|skip)$")]
Name = Annotated[str, StringConstraints(pattern=r"^[^\s.,，、=＝|{}\[\]\"'<>]+$", max_length=64)]
Scalar = str | int | float | bool | None


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _text_keys(value: Any) -> Any:
    return {_as_text(key): each for key, each in value.items()} if isinstance(value, dict) else value


def _from_short(value: Any) -> Any:
    """A column's name stands for ``{from: name}``, a list of names for the first of them that is not empty."""
    return {"from": value} if isinstance(value, str | list) else value


Paths = Annotated[tuple[Path, ...], BeforeValidator(_as_list), Field(min_length=1, max_length=10)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WrittenValue(_Form):
    """Where one value comes from and what it becomes. A text alone is the name of a column."""

    paths: Annotated[
        Paths | None,
        Field(
            alias="from",
            description="列名或路径 buyer.mobile；可写多个，取第一个非空的 / column or path; the first not empty",
        ),
    ] = None
    const: Annotated[Scalar, Field(description="固定的值 / a fixed value")] = None
    type: Annotated[
        Literal["text", "number", "boolean", "time", "date", "list"] | None,
        Field(description="转换成什么类型；不写则保持原样 / what it is turned into"),
    ] = None
    unit: Annotated[
        Literal["元", "yuan", "角", "分", "fen", "cent", "厘"] | None,
        Field(description="金额的单位，转换成元 / unit of the amount, turned into yuan"),
    ] = None
    formats: Annotated[
        tuple[str, ...],
        BeforeValidator(_as_list),
        Field(
            max_length=10, description="时间的写法：%Y-%m-%d、iso、seconds、milliseconds、excel / how times are written"
        ),
    ] = ()
    zone: Annotated[str | None, Field(description="时区，默认与整个映射相同 / time zone")] = None
    separators: Annotated[
        str, Field(min_length=1, max_length=10, description="拆分列表用的符号 / characters that split a list")
    ] = SEPARATORS
    values: Annotated[
        dict[str, Scalar] | None,
        BeforeValidator(_text_keys),
        Field(description="对照表：原值 -> 新值 / a table from old to new values"),
    ] = None
    otherwise: Annotated[
        Scalar,
        Field(alias="else", description="对照表里没有的值变成什么；不写则为空 / for values that the table lacks"),
    ] = None
    each: Annotated[
        Path | None,
        Field(description="一组商品等所在的位置；. 表示这一行自己 / where a list of things is; . is the row itself"),
    ] = None
    fields: Annotated[dict[Name, "Value"] | None, Field(description="每一项里的字段 / the fields of each thing")] = None

    @property
    def separators_given(self) -> bool:
        """Whoever names separators means a list."""
        return "separators" in self.model_fields_set

    @model_validator(mode="after")
    def _one_origin(self) -> "WrittenValue":
        if sum(each is not None for each in (self.paths, self.const, self.each)) != 1:
            raise ValueError("value.origin")
        if (self.each is None) != (self.fields is None):
            raise ValueError("value.fields")
        return self


Value = Annotated[WrittenValue, BeforeValidator(_from_short)]


class WrittenType(_Form):
    """The event type by a column's value."""

    paths: Annotated[Paths, Field(alias="from")]
    values: Annotated[dict[str, TypeName], BeforeValidator(_text_keys), Field(min_length=1)]
    otherwise: Annotated[
        TypeName | None, Field(alias="else", description="不写则这一行被退回 / without it such rows are rejected")
    ] = None


class WrittenTime(_Form):
    """When it happened."""

    paths: Annotated[Paths, Field(alias="from")]
    formats: Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(max_length=10)] = ()
    zone: str | None = None


class WrittenFan(_Form):
    """An openid, and the account whose fan it is."""

    account: str
    paths: Annotated[Paths, Field(alias="from")]


class WrittenIdentities(_Form):
    """Who it is about; at least one has to be in the row."""

    wechat: WrittenFan | None = None
    wecom: Annotated[Value | None, Field(description="企业微信外部联系人 / external contact of WeCom")] = None
    unionid: Value | None = None
    member: Annotated[Value | None, Field(description="会员号或商城用户号 / member number")] = None
    phone: Annotated[
        Value | None, Field(description="手机号，只存密钥散列和密文 / phone, kept as keyed hash and ciphertext")
    ] = None
    email: Value | None = None

    @model_validator(mode="after")
    def _some(self) -> "WrittenIdentities":
        if not self.model_fields_set:
            raise ValueError("identities.none")
        return self


class WrittenMapping(_Form):
    """A whole mapping."""

    name: Annotated[str, Field(max_length=100, description="给人看的名称 / a name for people")] = ""
    type: Annotated[
        Annotated[TypeName, Tag("fixed")] | Annotated[WrittenType, Tag("table")],
        Discriminator(lambda value: "table" if isinstance(value, dict | WrittenType) else "fixed"),
        Field(description="事件类型，固定或由一列决定 / event type, fixed or by a column"),
    ]
    id: Annotated[
        Paths | None,
        Field(description="业务单号；同一单在两个文件里只算一次 / business key: the same in two files is one event"),
    ] = None
    time: Annotated[
        Annotated[WrittenTime, BeforeValidator(_from_short)] | None,
        Field(description="发生时间；不写则用文件的时间 / when it happened; without it the time of the file"),
    ] = None
    zone: Annotated[str, Field(description="时区 / time zone of times that name none")] = "Asia/Shanghai"
    empty: Annotated[
        tuple[str, ...],
        BeforeValidator(_as_list),
        Field(max_length=50, description="表示“没有”的写法 / what stands for nothing"),
    ] = ()
    when: Annotated[
        str,
        Field(
            max_length=2000, description="只要这样的行；event 是转换后的这一行 / only rows like this; event is the row"
        ),
    ] = ""
    encoding: Annotated[
        Literal["utf-8", "utf-16", "gb18030", "big5", "windows-1252"] | None,
        Field(description="文件的编码；不写则自动识别 / encoding of the files; else it is found out"),
    ] = None
    group_by: Annotated[
        Path | None,
        Field(
            description="同一单占几行时，单号所在的列：连续的这些行成为一个事件，each: . 就是这几行 "
            "/ where an order has a row for each item: the column with its number; the rows that follow each other with "
            "the same one become one event, and each: . is all of them"
        ),
    ] = None
    identities: WrittenIdentities
    data: Annotated[dict[Name, Value], Field(max_length=100, description="事件的字段 / fields of the event")] = Field(
        default_factory=dict
    )
    attributes: Annotated[
        dict[Name, Value], Field(max_length=100, description="人的属性 / attributes of the person")
    ] = Field(default_factory=dict)
    tags: Annotated[
        tuple[Value, ...],
        BeforeValidator(_as_list),
        Field(max_length=20, description="标签来自哪些列 / columns with tags"),
    ] = ()
    untags: Annotated[
        tuple[Value, ...],
        BeforeValidator(_as_list),
        Field(max_length=20, description="要去掉的标签来自哪些列 / columns with tags to take away"),
    ] = ()
    exact_tags: Annotated[
        tuple[Value, ...],
        BeforeValidator(_as_list),
        Field(
            max_length=20,
            description="这个来源的标签以这些列为准：没有列出的去掉；列不存在时不动 "
            "/ this source's tags become exactly those of these columns; where there are none of them nothing changes",
        ),
    ] = ()
    historical: Annotated[
        bool | None,
        Field(description="过去的事：只更新画像，不触发规则；文件默认是 / the past: fires no rule; default for files"),
    ] = None
