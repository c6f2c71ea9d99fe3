"""A student's home, as the tests of the lessons have it."""

from tests.lessons.conftest import at_home

__all__ = ["at_home"]
