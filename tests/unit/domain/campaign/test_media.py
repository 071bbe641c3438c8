import pytest
from pydantic import ValidationError

from yuchi.domain.campaign.media import IMAGE_BYTES, Article, Draft, image_kind, image_problem, media_hash

PNG = b"\x89PNG\r\n\x1a\n"
ARTICLE = {"title": "茶" * 32, "author": "茶" * 16, "digest": "茶" * 128, "content": "<p>明前</p>", "thumb": "m1"}


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PNG, "png"), (b"\xff\xd8\xff\xe0", "jpg"), (b"GIF89a", "gif"), (b"BM..", "bmp"), (b"<svg>", ""), (b"", "")],
)
def test_a_picture_is_known_by_how_it_begins(content: bytes, kind: str) -> None:
    assert image_kind(content) == kind


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (PNG.ljust(IMAGE_BYTES, b"."), None),
        (PNG.ljust(IMAGE_BYTES + 1, b"."), "media.size"),
        (b"<html>tea.png", "media.kind"),
    ],
)
def test_what_wechat_would_refuse_is_told_before(content: bytes, code: str | None) -> None:
    problem = image_problem(content)

    assert (problem.code if problem else None) == code


def test_one_file_has_one_name() -> None:
    assert media_hash(PNG) == media_hash(bytes(PNG)) != media_hash(PNG + b".")


def test_an_article_within_its_limits() -> None:
    body = Article.model_validate(ARTICLE).body()

    assert body == {
        **{name: ARTICLE[name] for name in ("title", "author", "digest", "content")},
        "thumb_media_id": "m1",
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"title": "茶" * 33},
        {"title": ""},
        {"author": "茶" * 17},
        {"digest": "茶" * 129},
        {"content": ""},
        {"thumb": ""},
        {"source_url": "javascript:alert(1)"},
        {"cover": "m1"},
    ],
)
def test_an_article_beyond_them(odd: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Article.model_validate(ARTICLE | odd)


@pytest.mark.parametrize("count", [0, 9])
def test_how_many_articles_a_draft_holds(count: int) -> None:
    with pytest.raises(ValidationError):
        Draft.model_validate({"articles": [ARTICLE] * count})
