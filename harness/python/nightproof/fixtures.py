"""Fixtures of pytest, which finds them by itself where the wheel is installed."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nightproof.drill import Drill, Verdict
from nightproof.region import Region


@pytest.fixture
def nightproof_region() -> Iterator[Region]:
    """A local region for this test alone."""
    with Region() as region:
        yield region


@pytest.fixture(scope="session")
def nightproof_shared_region() -> Iterator[Region]:
    """A local region for all tests of the session."""
    with Region() as region:
        yield region


@pytest.fixture
def nightproof_drill() -> Callable[..., Verdict]:
    """Runs a drill: ``nightproof_drill("template.yaml", strict=True)``."""

    def drill(template: Any = None, **options: Any) -> Verdict:
        return Drill(template, **options).run()

    return drill
