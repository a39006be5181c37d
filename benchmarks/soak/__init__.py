"""Mixed load on one server for an hour: memory, descriptors, threads and latency must be as flat at its end.

`python -m benchmarks.soak --minutes 60`, or `make soak`.
"""
