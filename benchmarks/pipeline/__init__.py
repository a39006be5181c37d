"""Where the time of a request with a picture goes, and what it would take at least."""

from __future__ import annotations

from tempfile import TemporaryDirectory

from benchmarks.pictures import Picture, original, resized
from benchmarks.pipeline.goal import GOAL_WIDTH, measure_goal
from benchmarks.pipeline.measure import measure_picture, measure_stages, measure_threads
from benchmarks.pipeline.present import report
from benchmarks.pipeline.product import open_product
from benchmarks.report import Report
from visavis.vision.models import SFACE


def run(*, quick: bool) -> Report:
    """Detect, register and search by image, against the bare decoders and networks, and against OpenCV."""
    rounds, turns = (5, 2) if quick else (40, 12)
    with (
        TemporaryDirectory() as folder,
        open_product(f"{folder}/one", cpu_places=1) as product,
        open_product(f"{folder}/unrecorded", cpu_places=1, record="changes") as unrecorded,
        open_product(f"{folder}/plain", cpu_places=1, model=SFACE.name) as plain,
        open_product(f"{folder}/two", cpu_places=2) as wide,
    ):
        goal = measure_goal(product, rounds)  # before the very picture that it searches for is registered
        pictures = _pictures(quick=quick)
        requests = [
            ratios
            for picture in pictures
            for ratios in measure_picture(product, unrecorded, plain, picture, rounds)
        ]
        stages = [measure_stages(product, picture, rounds) for picture in pictures]
        threads = measure_threads(product, wide, pictures[0], turns)
    return report(requests, stages, threads, goal)


def _pictures(*, quick: bool) -> list[Picture]:
    small = resized("P001", "amateur_selfie", 640, "small selfie")
    if quick:
        return [small]
    return [
        small,
        resized("P001", "amateur_selfie", GOAL_WIDTH, "selfie"),
        original("P001", "studio_portrait", "portrait"),
        original("P001", "amateur_selfie", "selfie"),
        original("P001", "studio_posture", "standing person"),
        resized("P001", "amateur_selfie", 3000, "12-megapixel selfie"),
    ]
