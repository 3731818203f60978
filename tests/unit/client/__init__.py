"""Tests of `pyalluxio.client`."""
