"""Configuration: the table of properties, the files and variables that set them, and the values in force."""

from pyalluxio.conf.configuration import MASK, Configuration, Entry
from pyalluxio.conf.host import Machine
from pyalluxio.conf.loading import load, site_file
from pyalluxio.conf.problem import Problem
from pyalluxio.conf.sources import Source
from pyalluxio.conf.table import TABLE, Property, is_secret

__all__ = [
    "MASK",
    "TABLE",
    "Configuration",
    "Entry",
    "Machine",
    "Problem",
    "Property",
    "Source",
    "is_secret",
    "load",
    "site_file",
]
