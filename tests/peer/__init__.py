"""The official Alluxio 2.9.6 programs, as tests run them."""
