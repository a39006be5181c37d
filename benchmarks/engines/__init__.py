"""Face recognition as its users start it, one module an engine, each in a process and an environment of its own.

An engine's environment has its own packages and none of ours, so these modules import the standard library, NumPy
and the package that they are about. `python -m benchmarks.engines NAME WEIGHTS FOLDER` is such a process: it reads
commands as lines of JSON, and answers each with a line of JSON.
"""
