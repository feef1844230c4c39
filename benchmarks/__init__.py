"""Speed and memory of jgan beside its peers: same work, same run, ratio first.

``python -m benchmarks sampling`` (or ``training``, ``rendering``) measures, ``python -m
benchmarks compare A B`` sets two files of results against each other. Results worth
keeping are in `results`.
"""
