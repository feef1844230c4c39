"""Speed and memory of jgan beside its peers: same work, same run, ratio first.

``python -m benchmarks sampling`` (or ``training``, ``rendering``) measures, ``python -m
benchmarks compare A B`` sets two files of results against each other. ``overlap_v5e``
compiles for a TPU instead, which needs none but ``jax[tpu]``. Results worth keeping are
in `results`.
"""
