"""What is told to people, in Chinese and English side by side."""

from typing import NamedTuple

from yuchi.domain.problem import Locale


class Words(NamedTuple):
    """One sentence in both languages."""

    zh: str
    en: str

    def text(self, locale: Locale) -> str:
        """The sentence in the reader's language."""
        return self.zh if locale is Locale.ZH else self.en
