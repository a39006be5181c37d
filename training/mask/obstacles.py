"""Things on faces that are no masks, to draw: what a mask network mistakes for one."""

from __future__ import annotations

import cv2
import numpy as np
from canvas import (
    SCALE,
    SIDE,
    Face,
    Layer,
    Random,
    blend,
    colour,
    filled,
    noise,
    plain,
    shaded,
    smooth,
    stroked,
    texture,
)


def sunglasses(rng: Random, face: Face, canvas: Layer) -> Layer:
    (lx, ly), (rx, ry) = face.points[0], face.points[1]
    width, height = rng.uniform(10, 18), rng.uniform(7, 15)
    tint = np.tile(rng.uniform(5, 70) + rng.uniform(-5, 15, 3), (SIDE, SIDE, 1)).astype(np.float32)
    frame = np.tile(colour(rng) * 0.6, (SIDE, SIDE, 1))
    bridge = stroked([(lx - width - 14, ly - 4), (lx, ly - 4), (rx, ry - 4), (rx + width + 14, ry - 4)], 2)
    canvas = blend(canvas, frame, bridge)
    opacity = rng.uniform(0.7, 1)
    for x, y in ((lx, ly), (rx, ry)):
        up, down = y - height * 0.7, y + height
        box = [(x - width, up), (x + width, up), (x + width, down), (x - width, down)]
        lens = smooth(box) if rng.random() < 0.7 else box
        canvas = blend(canvas, tint, filled(lens, 0.3) * opacity)
    return canvas


def scarf(rng: Random, face: Face, canvas: Layer) -> Layer:
    """Cloth below the mouth, a mask pulled under the chin or a collar, with the mouth free."""
    top = rng.uniform(103, 118)
    sag = rng.uniform(-14, 10)
    width = rng.uniform(34, 60)
    points = [(0, top), (22, top - sag * 0.4), (width, top - sag), (width, 175)]
    outline = [face.at(x, y) for x, y in points + [(-x, y) for x, y in points[:0:-1]]]
    return blend(canvas, shaded(rng, texture(rng, face), face), filled(smooth(outline), rng.uniform(0.3, 1)))


def hijab(rng: Random, face: Face, canvas: Layer) -> Layer:
    """Cloth round the face: everything but an oval."""
    top, low, width = rng.uniform(5, 34), rng.uniform(116, 132), rng.uniform(38, 50)
    middle = (top + low) / 2
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    oval = [face.at(width * np.cos(t), middle + (low - middle) * np.sin(t)) for t in angles]
    reach = rng.uniform(66, 110)
    around = [(56 + reach * np.cos(t), 80 + reach * 1.1 * np.sin(t)) for t in angles]
    alpha = filled(around, 0.8) * (1 - filled(oval, 0.8))
    return blend(canvas, shaded(rng, texture(rng, face, (4, 0, 3, 0, 1, 2, 1)), face), alpha)


def hat(rng: Random, face: Face, canvas: Layer) -> Layer:
    brim = rng.uniform(20, 42)
    points = [(0, brim), (30, brim + rng.uniform(-3, 6)), (rng.uniform(46, 62), brim), (52, -10), (25, -40)]
    outline = [face.at(x, y) for x, y in points + [(-x, y) for x, y in points[:0:-1]]]
    return blend(canvas, shaded(rng, texture(rng, face), face), filled(smooth(outline), 0.5))


def beard(rng: Random, face: Face, canvas: Layer) -> Layer:
    """Hair over jaw and upper lip, the lips free."""
    sideburn, under = rng.uniform(66, 90), rng.uniform(106, 110)
    inner, chin = rng.uniform(18, 30), rng.uniform(116, 140)
    outer = [(42, sideburn), (40, 100), (24, chin - 6), (0, chin), (-24, chin - 6), (-40, 100), (-42, sideburn)]
    cheek = [(-inner, rng.uniform(84, 96)), (-14, rng.uniform(80, 85)), (0, rng.uniform(79, 83))]
    alpha = filled(smooth([face.at(x, y) for x, y in outer + cheek + [(-x, y) for x, y in cheek[1::-1]]]), 2.0)
    middle = face.points[3:].mean(axis=0)
    reach = abs(face.points[4, 0] - face.points[3, 0]) * 0.62 + 2
    height = rng.uniform(3, (under - 92) / 2)
    angles = np.linspace(0, 2 * np.pi, 30)
    lips = [(middle[0] + reach * np.cos(t), middle[1] + 1 + height * np.sin(t)) for t in angles]
    alpha = np.clip(alpha - filled(lips, 0.8), 0, 1)
    hair = noise(rng, 1.2) * 0.5 + noise(rng, 0.6) * 0.5
    alpha = np.clip(alpha * (rng.uniform(0.55, 1.1) + 0.35 * hair), 0, 1)
    shades = [(25, 25, 28), (35, 45, 60), (60, 85, 120), (190, 190, 190), (90, 95, 100)]
    shade = np.array(shades[rng.choice(5, p=[0.4, 0.25, 0.1, 0.15, 0.1])], np.float32)
    return blend(canvas, shade[None, None] * (1 + 0.35 * hair)[:, :, None], alpha)


def microphone(rng: Random, face: Face, canvas: Layer) -> Layer:
    x, y = face.points[3:].mean(axis=0) + rng.normal(0, 7, 2) + (0, 8)
    angle, radius = rng.uniform(0.15, 0.85) * np.pi, rng.uniform(7, 15)
    shade = np.full((SIDE, SIDE, 3), rng.choice([20.0, 60.0, 130.0]) * rng.uniform(0.7, 1.3), np.float32)
    if rng.random() < 0.2:
        shade = plain(rng, face)
    tail = (x + 90 * np.cos(angle), y + 90 * np.sin(angle))
    canvas = blend(canvas, shaded(rng, shade * 0.7, face), stroked([(x, y), tail], radius * rng.uniform(0.7, 1.2)))
    circle = np.linspace(0, 2 * np.pi, 24)
    head = [(x + radius * np.cos(t), y + radius * np.sin(t)) for t in circle]
    return blend(canvas, shaded(rng, shade * (1 + 0.1 * noise(rng, 1))[:, :, None], face), filled(head, 0.4))


def hand(rng: Random, face: Face, canvas: Layer) -> Layer:
    """Fingers of the face's own colour over part of the face."""
    skin = np.tile(face.skin * rng.uniform(0.8, 1.12), (SIDE, SIDE, 1)).astype(np.float32)
    angle = rng.uniform(0.1, 0.9) * np.pi
    along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    start = np.array([56 + face.turn + rng.uniform(-26, 26), rng.uniform(78, 104)])
    width = rng.uniform(7, 11)
    layer, gaps = np.zeros((SIDE, SIDE), np.float32), np.zeros((SIDE, SIDE), np.float32)
    for finger in range(rng.integers(1, 5)):
        tip = start + across * finger * width * 0.95 + along * rng.uniform(-5, 5)
        stroke = stroked([tuple(tip), tuple(tip + along * rng.uniform(40, 110))], width)
        gaps = np.maximum(gaps, cv2.GaussianBlur(stroke, (0, 0), 5) * (layer > 0.3))
        layer = np.maximum(layer, stroke)
    if rng.random() < 0.6:
        palm = start + across * width * 1.5 + along * 55
        around = [tuple(palm + 32 * np.array([np.cos(t), np.sin(t)])) for t in np.linspace(0, 6.28, 24)]
        layer = np.maximum(layer, filled(around, 1))
    light = cv2.GaussianBlur(layer, (0, 0), width * SCALE * 0.35)[:, :, None]
    cloth = shaded(rng, skin * (0.55 + 0.45 * light) * (1 - 0.25 * gaps[:, :, None]), face)
    return blend(canvas, cloth, cv2.GaussianBlur(layer, (0, 0), 2))


def thing(rng: Random, face: Face, canvas: Layer) -> Layer:
    """A cup, a telephone, a sheet of paper: a box over part of the face, never over nose and mouth both."""
    half, tall = rng.uniform(8, 34), rng.uniform(10, 45)
    if rng.random() < 0.5:
        centre = np.array([56 + rng.choice([-1, 1]) * (half + rng.uniform(6, 30)), rng.uniform(30, 110)])
    else:
        centre = np.array([56 + rng.uniform(-20, 20), rng.uniform(88, 100) + tall])
    tilt = rng.normal(0, 0.3)
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    box = [tuple(centre + turn @ (x * half, y * tall)) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    return blend(canvas, shaded(rng, texture(rng, face), face), filled(box, 0.4))


def blindfold(rng: Random, face: Face, canvas: Layer) -> Layer:
    """A sleeping mask, a mask on the forehead or a fringe of hair: cloth above the nose."""
    low = rng.uniform(36, 66)
    tall = rng.uniform(18, 45)
    edge = rng.uniform(34, 44)
    points = [(0, low), (14, low + rng.uniform(0, 5)), (edge, low - 3), (40, low - tall), (0, low - tall)]
    outline = [face.at(x, y) for x, y in points + [(-x, y) for x, y in points[:0:-1]]]
    return blend(canvas, shaded(rng, texture(rng, face), face), filled(smooth(outline), 0.5))
