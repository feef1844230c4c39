"""Pallas kernels, one folder per op, each beside the plain JAX function it speeds up.

The folder is installed as `jgan.kernels`, because another project owns the import name
`kernels`; files in it import each other relatively, and only `jgan.ops` imports them.
"""
