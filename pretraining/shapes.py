"""Shape classes: a silhouette and a relief in [0, 1], float32 [n, n] each.

`c` is the generator of the class, `g` that of the image, as in `fields`. Shapes are drawn within
a disc of radius 1 and then turned, scaled, sheared and moved by a `Pose`.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from fields import noise, soft

OVER = 2  # polygons are drawn this much larger and then reduced, to smooth their edges


class Pose:
    """Where a shape lies: centre and radius as fractions of the image side."""

    def __init__(self, g, n, radius=(0.15, 0.45), centre=(0.2, 0.8), upright=False):
        self.n = n
        self.radius = np.exp(g.uniform(*np.log(radius))) * n
        self.x, self.y = g.uniform(*centre) * n, g.uniform(*centre) * n
        a = g.uniform(-0.35, 0.35) if upright else g.uniform(0, 2 * np.pi)
        tilt, shear = g.uniform(0.45, 1.0) if g.random() < 0.5 else 1.0, g.uniform(-0.3, 0.3)
        turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
        self.matrix = turn @ np.array([[1, shear], [0, tilt]])

    def place(self, points):
        """Points [k, 2] of the unit disc in pixels."""
        return points @ (self.matrix.T * self.radius) + (self.x, self.y)

    def plane(self):
        """The unit disc's coordinates of every pixel."""
        inverse = np.linalg.inv(self.matrix * self.radius).astype(np.float32)
        t = np.arange(self.n, dtype=np.float32)
        dx, dy = t[None, :] - np.float32(self.x), t[:, None] - np.float32(self.y)
        return inverse[0, 0] * dx + inverse[0, 1] * dy, inverse[1, 0] * dx + inverse[1, 1] * dy


def canvas(n):
    image = Image.new("L", (n * OVER, n * OVER))
    return image, ImageDraw.Draw(image)


def reduced(image, n):
    return np.asarray(image.resize((n, n), Image.Resampling.BOX), np.float32) / 255


def polygon(draw, points, fill=255):
    draw.polygon([tuple(p) for p in points * OVER], fill=fill)


def line(draw, points, width, fill=255):
    draw.line([tuple(p) for p in points * OVER], fill=fill, width=max(1, int(width * OVER)), joint="curve")


def relief(mask, pose, rounding):
    """A height that rises from the edge inwards."""
    image = Image.fromarray((mask * 255).astype(np.uint8))
    blurred = image.filter(ImageFilter.GaussianBlur(float(max(0.8, pose.radius * rounding))))
    return np.asarray(blurred, np.float32) / 255 * mask


def contour(c, g, n, pose):
    """A closed curve whose radius is a sum of sinusoids, as in VisualAtom."""
    harmonics = [(int(c.integers(2, 5)), c.uniform(0.05, 0.35)), (int(c.integers(3, 20)), c.uniform(0.0, 0.2))]
    if c.random() < 0.5:
        harmonics.append((int(c.integers(15, 50)), c.uniform(0.02, 0.09)))
    power = c.uniform(0.6, 2.4)
    t = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    r = np.ones_like(t)
    for k, a in harmonics:
        s = np.sin(k * t + g.uniform(0, 2 * np.pi))
        r += a * g.uniform(0.8, 1.2) * np.sign(s) * np.abs(s) ** power
    r /= np.abs(r).max()
    image, draw = canvas(n)
    polygon(draw, pose.place(np.stack([r * np.cos(t), r * np.sin(t)], 1)))
    return reduced(image, n), None


def radial_lines(c, g, n, pose):
    """Nested noisy polygons drawn as lines, after the radial contours of RCDB."""
    corners, layers, width = int(c.integers(3, 60)), int(c.integers(3, 14)), c.uniform(0.8, 2.2)
    squeeze, rough = c.uniform(0.4, 1), c.uniform(0, 0.12)
    t = np.linspace(0, 2 * np.pi, corners + 1)
    image, draw = canvas(n)
    drift = g.uniform(-0.15, 0.15, 2)
    for k in range(layers):
        r = (k + 1) / layers
        wobble = 1 + g.normal(0, rough + 1e-9, corners + 1)
        wobble[-1] = wobble[0]
        p = np.stack([np.cos(t), squeeze * np.sin(t)], 1) * (r * wobble)[:, None] + drift * (1 - r)
        line(draw, pose.place(p), width, int(g.integers(150, 256)))
    return reduced(image, n), None


def star(c, g, n, pose):
    points, inner, offset = int(c.integers(3, 9)), c.uniform(0.3, 1.0), c.uniform(-0.2, 0.2)
    t = np.arange(points * 2) * np.pi / points
    t[1::2] += offset
    r = np.where(np.arange(points * 2) % 2 == 0, 1, inner) * g.uniform(0.9, 1.1, points * 2)
    image, draw = canvas(n)
    polygon(draw, pose.place(np.stack([r * np.cos(t), r * np.sin(t)], 1)))
    return reduced(image, n), None


def glyph(c, g, n, pose):
    """An invented letter: a few strokes and arcs."""
    width = c.uniform(0.08, 0.3) * g.uniform(0.7, 1.3)
    image, draw = canvas(n)
    for _ in range(int(c.integers(2, 6))):
        a, b = c.uniform(-0.9, 0.9, 2), c.uniform(-0.9, 0.9, 2)
        bend, u = c.normal(0, 0.5, 2), np.linspace(0, 1, 12)[:, None]
        p = a + (b - a) * u + bend * 4 * u * (1 - u) + g.normal(0, 0.05, 2)
        line(draw, pose.place(p), width * pose.radius)
    return reduced(image, n), None


def blob(c, g, n, pose):
    alpha, level = c.uniform(2.2, 4.5), c.uniform(-0.3, 0.5)
    squeeze = np.exp(c.uniform(0, 0.9))
    x, y = pose.plane()
    f = noise(g, n, alpha, squeeze, g.uniform(0, np.pi)) + np.float32(2.2) * (1 - np.hypot(x, y)) - np.float32(1 + level)
    return soft(f, 14).astype(np.float32), None


def iterated(c, g, n, pose):
    """The attractor of a random iterated function system, as in FractalDB."""
    count = int(c.integers(2, 6))
    while True:  # dense attractors: the condition on the singular values of Anderson and Farrell
        sizes = np.sort(c.uniform(0.1, 0.95, (count, 2)))[:, ::-1]
        if 0.5 * (5 + count) < (sizes[:, 0] + 2 * sizes[:, 1]).sum() < 0.5 * (6 + count):
            break
    maps = []
    for s in sizes:
        a, b = c.uniform(0, 2 * np.pi, 2)
        turn = [np.array([[np.cos(t), -np.sin(t)], [np.sin(t), np.cos(t)]]) for t in (a, b)]
        m = turn[0] @ np.diag(s) @ turn[1] @ np.diag(c.choice([-1, 1], 2))
        maps.append((m, c.uniform(-1, 1, 2), abs(np.linalg.det(m)) + 0.02))
    chance = np.array([w for _, _, w in maps])
    chance /= chance.sum()
    a = np.stack([m for m, _, _ in maps]) * g.uniform(0.96, 1.04, (count, 1, 1))
    b = np.stack([t for _, t, _ in maps]) * g.uniform(0.9, 1.1, (count, 1))
    p = g.uniform(-1, 1, (900, 2))
    kept = []
    for k in range(22):
        which = g.choice(count, size=len(p), p=chance)
        p = np.einsum("kij,kj->ki", a[which], p) + b[which]
        if k >= 6:
            kept.append(p)
    p = np.concatenate(kept)
    low, high = np.percentile(p, 1, axis=0), np.percentile(p, 99, axis=0)
    p = (p - (low + high) / 2) / max((high - low).max() / 2, 1e-6)
    q = pose.place(np.clip(p, -1.3, 1.3))
    i = np.round(q).astype(int)
    inside = ((i >= 0) & (i < n)).all(1)
    density = np.bincount(i[inside, 1] * n + i[inside, 0], minlength=n * n).reshape(n, n).astype(np.float32)
    height = np.log1p(density)
    height /= max(float(height.max()), 1e-6)
    mask = np.clip(density * np.float32(0.9), 0, 1)
    return mask, height


def branching(c, g, n, pose):
    """A branching system grown by a rewriting rule."""
    angle, ratio, children, depth = c.uniform(0.25, 0.9), c.uniform(0.6, 0.8), int(c.integers(2, 4)), int(c.integers(4, 7))
    bend, width = c.uniform(-0.35, 0.35), c.uniform(0.03, 0.1)
    if children == 3:
        depth = min(depth, 5)
    image, draw = canvas(n)
    tips = [(np.array([0.0, 0.95]), -np.pi / 2 + g.normal(0, 0.1), 0.55, width)]
    for _ in range(depth):
        grown = []
        for start, a, length, w in tips:
            end = start + length * np.array([np.cos(a), np.sin(a)])
            line(draw, pose.place(np.stack([start, end])), w * pose.radius)
            for k in range(children):
                turn = angle * (k - (children - 1) / 2) * 2 / max(children - 1, 1)
                grown.append((end, a + turn + bend + g.normal(0, 0.12), length * ratio * g.uniform(0.85, 1.1), w * 0.72))
        tips = grown
    return reduced(image, n), None


def solid(c, g, n, pose):
    """A lit superellipsoid or torus: the relief is its height towards the viewer."""
    kind, e = c.integers(3), np.exp(c.uniform(np.log(0.5), np.log(6)))
    waist = c.uniform(0.3, 0.7)
    x, y = pose.plane()
    if kind == 2:
        d = 1 - ((np.hypot(x, y) - np.float32(1 - waist / 2)) / np.float32(waist / 2)) ** 2
    elif kind == 1:
        d = 1 - np.maximum(np.abs(x) ** np.float32(2), np.abs(y) ** np.float32(e))
    else:
        d = 1 - np.abs(x) ** np.float32(e) - np.abs(y) ** np.float32(e)
    return soft(d, 12 + pose.radius * 0.5).astype(np.float32), np.sqrt(np.clip(d, 0, 1)).astype(np.float32)


def figure(c, g, n, pose):
    """Geometric figures: rings, crescents, crosses, gears, sectors, frames, arrows, capsules."""
    kind, a, b = c.integers(8), c.uniform(0.3, 0.7), c.uniform(0.15, 0.6)
    teeth = int(c.integers(5, 12))
    a, b = a * g.uniform(0.9, 1.1), b * g.uniform(0.9, 1.1)
    x, y = (v.astype(np.float32) for v in pose.plane())
    r, t = np.hypot(x, y), np.arctan2(y, x)
    d = (
        lambda: np.minimum(1 - r, r - a),
        lambda: np.minimum(1 - r, np.hypot(x - b - 0.2, y) - 0.85),
        lambda: np.minimum(1 - np.maximum(np.abs(x), np.abs(y)), b * 0.7 - np.minimum(np.abs(x), np.abs(y))),
        lambda: np.minimum(0.8 + 0.18 * np.tanh(5 * np.sin(teeth * t)) - r, r - b * 0.6),
        lambda: np.minimum(1 - r, 0.5 + 2.2 * a - np.abs(t)),
        lambda: np.minimum(1 - np.maximum(np.abs(x), np.abs(y)), np.maximum(np.abs(x), np.abs(y)) - a),
        lambda: np.maximum(np.minimum(b * 0.5 - np.abs(y), np.minimum(x + 1, 0.3 - x)), np.minimum(x - 0.1, (0.95 - x) * 0.9 - np.abs(y))),
        lambda: b * 0.8 - np.hypot(np.maximum(np.abs(x) - 1 + b * 0.8, 0), y),
    )[kind]()
    return soft(d * np.float32(pose.radius), 2.5).astype(np.float32), None


FAMILIES = [(contour, 26), (radial_lines, 8), (star, 10), (glyph, 16), (blob, 6), (iterated, 24), (branching, 8), (solid, 8), (figure, 14)]
CLASSES = [(family, k) for family, count in FAMILIES for k in range(count)]
FAMILY_NUMBER = {family: number for number, (family, _) in enumerate(FAMILIES)}


def shape(index, g, n, seed=0, **placing):
    """One image of shape class `index`: its mask and its relief."""
    family, k = CLASSES[index]
    c = np.random.default_rng([seed, 23, FAMILY_NUMBER[family], k])
    pose = Pose(g, n, upright=family in (glyph, branching), **placing)
    mask, height = family(c, g, n, pose)
    mask = np.clip(mask, 0, 1)
    if height is None:
        height = relief(mask, pose, rounding=0.06 if family in (glyph, branching, radial_lines) else 0.22)
    return mask, height
