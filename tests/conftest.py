"""Tests run on the same servers as the mall: PostgreSQL and Valkey, embedded where no URL is set."""

import os

os.environ["MALL_ENV"] = "test"

from pointsmall.bootstrap import prepare

prepare()
