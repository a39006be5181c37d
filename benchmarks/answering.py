"""A fork server whose workers answer at once, without looking: what is left is the main process's own work.

`python -m benchmarks.answering serve ...` is `visavis serve` with such workers, which it starts by the same name.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from typing import Any

from visavis.types import Box, DetectedFace, Landmarks, Pose
from visavis.vision.pool import fork_server
from visavis.vision.pool.channel import Channel, ClosedError
from visavis.vision.pool.messages import MAX_CONTENT, MAX_FILE_BYTES, Do, faces_bytes, traits_content

_FACE = DetectedFace(
    Box(100, 100, 200, 220), Landmarks((130, 140), (170, 140), (150, 165), (135, 190), (165, 190)), 0.95
)
_TRAITS = traits_content([DetectedFace(_FACE.box, _FACE.landmarks, 0.95, pose=Pose(1.0, 2.0, 3.0), mask=False)])


def _answer(content: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    match content["do"]:
        case Do.DECODE:
            return {"size": [480, 640]}, b""
        case Do.FIND:
            return {"small": 0}, faces_bytes([_FACE])
        case Do.DESCRIBE:
            wanted = {name for name, want in content["traits"].items() if want}
            return {"traits": [{name: _TRAITS[0][name] for name in wanted}]}, b""
    return {}, b""


def _work(end: socket.socket) -> None:
    channel = Channel(end, most_content=MAX_CONTENT, most_bytes=MAX_FILE_BYTES)
    channel.send({"layers": {}})
    try:
        while True:
            content, _ = channel.receive()
            answer, data = _answer(content)
            channel.send(answer, data)
    except ClosedError:
        end.close()


def _fork() -> None:
    """What `visavis.vision.worker` does, with threads in the place of processes."""
    end = socket.socket(fileno=int(os.environ[fork_server.CONTROL_DESCRIPTOR]))
    control = Channel(end, most_content=MAX_CONTENT, most_bytes=MAX_FILE_BYTES)
    control.receive()
    control.send({"warnings": []})
    try:
        while True:
            content, _ = control.receive()
            if content["do"] == "fork":
                _, [descriptor], _, _ = socket.recv_fds(end, 1, 1)
                threading.Thread(target=_work, args=(socket.socket(fileno=descriptor),), daemon=True).start()
            control.send({"process": 1, "status": None})
    except ClosedError:
        pass


def _serve() -> None:
    from visavis.cli import main  # noqa: PLC0415 - not for the process that is started by it

    fork_server.ForkServer.__init__.__defaults__ = ((sys.executable, "-m", "benchmarks.answering"),)
    sys.argv[0] = "visavis"
    main()


if __name__ == "__main__":
    if fork_server.CONTROL_DESCRIPTOR in os.environ:
        _fork()
    else:
        _serve()
