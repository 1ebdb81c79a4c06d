"""Fixtures: what takes long to load, loaded once."""

import pytest

from backend.catalogue.pricelist import PriceList
from backend.catalogue.tokenizers import Tokenizers


@pytest.fixture(scope="session")
def price_list() -> PriceList:
    return PriceList.load()


@pytest.fixture(scope="session")
def tokenizers() -> Tokenizers:
    return Tokenizers()
