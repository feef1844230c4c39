"""Pallas kernels, one folder per op, each beside the plain JAX function that defines it.

Empty so far: every op of `jgan.ops` runs at its best as plain XLA code. The folder is
installed as `jgan.kernels`, because another project owns the import name `kernels`;
files in it import each other relatively, and only `jgan.ops` imports them.
"""
