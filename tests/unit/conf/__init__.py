"""Tests of `pyalluxio.conf`."""
