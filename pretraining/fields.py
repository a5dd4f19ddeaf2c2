"""Scalar fields in [0, 1] that the texture classes are made of.

Every function takes `c`, the generator of the class (the same draws for every image of the class),
`g`, the generator of the image, and `n`, the side in pixels, and returns float32 [n, n].
The class decides what kind of pattern it is; the image decides where, how large and how turned.
"""

import numpy as np
from PIL import Image, ImageDraw

TAU = np.float32(2 * np.pi)


def unit(f):
    """Stretches a field to [0, 1]."""
    low, high = f.min(), f.max()
    return ((f - low) / max(high - low, 1e-6)).astype(np.float32)


def plane(g, n, zoom=(0.6, 1.6), turn=np.pi):
    """Coordinates of a square of about [-1, 1], moved, turned, stretched and slightly in perspective."""
    t = np.linspace(-1, 1, n, dtype=np.float32)
    x, y = t[None, :] + np.zeros((n, 1), np.float32), t[:, None] + np.zeros((1, n), np.float32)
    if g.random() < 0.4:  # seen at an angle
        w = 1 + np.float32(g.uniform(-0.45, 0.45)) * x + np.float32(g.uniform(-0.45, 0.45)) * y
        x, y = x / w, y / w
    a, s = g.uniform(-turn, turn), np.exp(g.uniform(*np.log(zoom)))
    stretch = np.exp(g.uniform(-0.25, 0.25))
    ca, sa = np.float32(s * np.cos(a)), np.float32(s * np.sin(a))
    dx, dy = np.float32(g.uniform(-1, 1)), np.float32(g.uniform(-1, 1))
    return (ca * x - sa * y) * np.float32(stretch) + dx, (sa * x + ca * y) / np.float32(stretch) + dy


def noise(g, n, alpha=2.0, squeeze=1.0, angle=0.0, low=0.0, high=1.0):
    """Gaussian noise with a power spectrum of frequency ** -alpha, of mean 0 and deviation 1."""
    fy, fx = np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)[None, :]
    u, v = np.cos(angle) * fx + np.sin(angle) * fy, np.cos(angle) * fy - np.sin(angle) * fx
    f = np.sqrt((u * squeeze) ** 2 + (v / squeeze) ** 2)
    f[0, 0] = 1
    amplitude = f ** (-alpha / 2) * ((f >= low) & (f <= high))
    amplitude[0, 0] = 0
    spectrum = np.fft.rfft2(g.standard_normal((n, n))) * amplitude
    r = np.fft.irfft2(spectrum, s=(n, n)).astype(np.float32)
    return r / max(float(r.std()), 1e-6)


def hashed(i, j, salt):
    """A value in [0, 1) for each pair of whole numbers."""
    h = np.sin(i * np.float32(127.1) + j * np.float32(311.7) + np.float32(salt)) * np.float32(43758.5453)
    return (h - np.floor(h)).astype(np.float32)


def soft(x, sharpness):
    """A soft threshold at 0."""
    return 1 / (1 + np.exp(-np.clip(x * sharpness, -30, 30)))


def spectral(c, g, n):
    alpha, squeeze = c.uniform(0.3, 3.6), np.exp(c.uniform(0, 1.2))
    ring, cut = c.random() < 0.4, c.random() < 0.5
    low = c.uniform(0.03, 0.15)
    f = noise(g, n, alpha + g.uniform(-0.2, 0.2), squeeze, g.uniform(0, np.pi), low if ring else 0, low * 1.6 if ring else 1)
    return soft(f, 4) if cut else unit(np.clip(f, -2.2, 2.2))


def grating(c, g, n):
    kind, count, f0 = c.integers(4), c.integers(1, 4), np.exp(c.uniform(np.log(4), np.log(22)))
    spread, ratio, joint = c.uniform(0.4, 1.6), c.uniform(0.5, 2), c.integers(3)
    x, y = plane(g, n)
    total = None
    for k in range(count):
        a = spread * k
        p = (x * np.float32(np.cos(a)) + y * np.float32(np.sin(a))) * np.float32(f0 * ratio**k) + np.float32(g.uniform(0, 6))
        w = np.sin(p)
        if kind == 1:
            w = np.tanh(w * 6)
        elif kind == 2:
            w = 2 * np.abs((p / TAU) % 1 - 0.5) * 2 - 1
        elif kind == 3:
            w = 2 * ((p / TAU) % 1) - 1
        total = w if total is None else (total + w, np.maximum(total, w), total * w)[joint]
    return unit(total)


def tiling(c, g, n):
    kind, f = c.integers(7), np.exp(c.uniform(np.log(2.5), np.log(8)))
    gap, salt, coloured = c.uniform(0.04, 0.15), g.uniform(0, 50), c.random() < 0.5
    aspect = c.uniform(1, 2.6)
    x, y = plane(g, n, turn=0.5 if kind in (1, 6) else np.pi)
    x, y = x * np.float32(f), y * np.float32(f)
    if kind == 0:  # checkerboard
        i, j = np.floor(x), np.floor(y)
        return unit(((i + j) % 2) * 0.75 + 0.25 * hashed(i, j, salt))
    if kind == 1:  # bricks
        j = np.floor(y * np.float32(aspect))
        u, v = x + 0.5 * (j % 2), y * np.float32(aspect)
        i = np.floor(u)
        edge = np.minimum(np.minimum(u - i, 1 - u + i), np.minimum(v - j, 1 - v + j))
        return soft(edge - np.float32(gap), 40) * (0.5 + 0.5 * hashed(i, j, salt))
    if kind == 2:  # hexagons
        q, r = x - y / np.float32(1.732), y * np.float32(1.1547)
        s = -q - r
        i, j, k = np.round(q), np.round(r), np.round(s)
        d = np.maximum(np.abs(q - i), np.maximum(np.abs(r - j), np.abs(s - k)))
        return unit(soft(0.5 - np.float32(gap) - d, 30) * (0.4 + 0.6 * hashed(i, j, salt)) if coloured else d)
    if kind == 3:  # triangles
        i, j, k = np.floor(x), np.floor(y * np.float32(1.1547)), np.floor(x * np.float32(0.5) + y)
        return unit(0.3 * ((i + j + k) % 2) + 0.7 * hashed(i + 7 * k, j, salt))
    if kind == 4:  # weave
        i, j = np.floor(x), np.floor(y)
        u, v = np.abs(x - i - 0.5), np.abs(y - j - 0.5)
        return unit(np.where((i + j) % 2 == 0, np.cos(u * 3.1) * (1 - v * 0.4), np.cos(v * 3.1) * (0.7 - u * 0.4)))
    if kind == 5:  # diamonds within diamonds
        u, v = np.abs(x - np.round(x)), np.abs(y - np.round(y))
        return unit(((u + v) * np.float32(aspect * 2)) % 1)
    j = np.floor(y)  # scales
    best = np.zeros_like(x)
    for row in (2, 1, 0):
        jj = j - row
        u = x + 0.5 * (jj % 2)
        d = np.hypot(u - np.floor(u) - 0.5, (y - jj) * np.float32(0.5))
        best = np.where(d < 0.62, 0.3 + 0.5 * d + 0.25 * hashed(np.floor(u), jj, salt), best)
    return unit(best)


def worley(c, g, n):
    metric, mode, regular = c.integers(3), c.integers(4), c.random() < 0.35
    count = int(np.exp(c.uniform(np.log(8), np.log(60))))
    x, y = plane(g, n, zoom=(0.8, 1.25))
    p = g.uniform(-2.2, 2.2, (count * 3, 2)).astype(np.float32)
    if regular:
        side = int(np.ceil(np.sqrt(count * 3)))
        grid = np.linspace(-2.2, 2.2, side, dtype=np.float32)
        p = np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2) + g.uniform(-0.16, 0.16, (side * side, 2)).astype(np.float32)
    first = np.full((n, n), 1e9, np.float32)
    second, cell = first.copy(), np.zeros((n, n), np.float32)
    for k, (a, b) in enumerate(p):
        dx, dy = np.abs(x - a), np.abs(y - b)
        d = (dx * dx + dy * dy) if metric == 0 else (dx + dy) ** 2 if metric == 1 else np.maximum(dx, dy) ** 2
        second = np.minimum(second, np.maximum(first, d))
        closer = d < first
        first = np.where(closer, d, first)
        cell[closer] = k
    f1, f2 = np.sqrt(first), np.sqrt(second)
    if mode == 0:
        return unit(f1)
    if mode == 1:
        return soft((f2 - f1) * 3 - 0.12, 25)
    if mode == 2:
        return unit(hashed(cell, cell * 0.5, g.uniform(0, 9)) * 0.8 + 0.2 * soft(f2 - f1 - 0.03, 90))
    return unit(np.sin(f1 * np.float32(c.uniform(12, 40))) + 0.5 * f1)


def dots(c, g, n):
    f, kind, jitter = np.exp(c.uniform(np.log(2.5), np.log(9))), c.integers(5), c.uniform(0, 0.3)
    radius, vary, fill = c.uniform(0.16, 0.42), c.uniform(0, 0.6), c.uniform(0.5, 1.0)
    x, y = plane(g, n)
    x, y = x * np.float32(f), y * np.float32(f)
    if c.random() < 0.5:
        x = x + 0.5 * (np.floor(y) % 2)
    i, j = np.floor(x), np.floor(y)
    salt = g.uniform(0, 50)
    u = x - i - 0.5 + (hashed(i, j, salt + 1) - 0.5) * np.float32(jitter)
    v = y - j - 0.5 + (hashed(i, j, salt + 2) - 0.5) * np.float32(jitter)
    r = np.float32(radius) * (1 - np.float32(vary) * hashed(i, j, salt + 3))
    d = (np.hypot(u, v), np.abs(u) + np.abs(v), np.maximum(np.abs(u), np.abs(v)), np.abs(np.hypot(u, v) - r * 0.7) + r * 0.55, np.minimum(np.abs(u), np.abs(v)) * 2 + r * 0.5)[kind]
    present = hashed(i, j, salt + 4) < fill
    shade = 0.55 + 0.45 * hashed(i, j, salt + 5)
    return (soft(r - d, 30) * present * shade).astype(np.float32)


def warp(c, g, n):
    kind, f, strength, alpha = c.integers(4), np.exp(c.uniform(np.log(2), np.log(14))), c.uniform(0.15, 0.9), c.uniform(2.4, 4)
    x, y = plane(g, n)
    a, b = noise(g, n, alpha) * np.float32(strength), noise(g, n, alpha) * np.float32(strength)
    if kind == 0:  # marble
        return unit(np.sin((x + a) * np.float32(f)))
    if kind == 1:  # wood
        return unit((np.hypot(x + 0.3 * a, (y + 0.3 * b) * 0.35) * np.float32(f)) % 1)
    if kind == 2:  # agate
        return unit(np.sin(np.float32(f) * (a + 0.4 * b)))
    return unit(np.abs(np.sin((x + a) * np.float32(f))) + np.abs(np.sin((y + b) * np.float32(f))))


def reaction(c, g, n):
    low = c.uniform(0.04, 0.11)
    bias, gain, squeeze = c.uniform(-0.7, 0.7), c.uniform(1.5, 5), np.exp(c.uniform(0, 0.6))
    scale, angle = np.exp(g.uniform(-0.25, 0.25)), g.uniform(0, np.pi)
    fy, fx = np.fft.fftfreq(n)[:, None], np.fft.rfftfreq(n)[None, :]
    u, v = np.cos(angle) * fx + np.sin(angle) * fy, np.cos(angle) * fy - np.sin(angle) * fx
    r = np.sqrt((u * squeeze) ** 2 + (v / squeeze) ** 2) * scale
    band = np.exp(-(((r - low) / (0.35 * low)) ** 2))
    f = g.standard_normal((n, n))
    for _ in range(5):
        f = np.fft.irfft2(np.fft.rfft2(f) * band, s=(n, n))
        f = np.tanh(gain * (f / (f.std() + 1e-6) + bias))
    return unit(f)


def strokes(c, g, n):
    count, length, width = int(np.exp(c.uniform(np.log(60), np.log(380)))), c.uniform(0.06, 0.6), c.integers(1, 5)
    spread, bend, base = c.uniform(0, 1.5) ** 2, c.uniform(-2.5, 2.5), c.uniform(0, np.pi)
    image = Image.new("L", (n, n), int(g.integers(0, 60)))
    draw = ImageDraw.Draw(image)
    base += g.uniform(-0.5, 0.5)
    size = np.exp(g.uniform(-0.3, 0.3))
    for k in range(count):
        a = base + g.normal() * spread
        px, py, steps = g.uniform(-0.1, 1.1) * n, g.uniform(-0.1, 1.1) * n, 5
        points = [(px, py)]
        for _ in range(steps):
            px, py = px + np.cos(a) * length * n * size / steps, py + np.sin(a) * length * n * size / steps
            a += bend * length / steps * 2
            points.append((px, py))
        draw.line(points, fill=int(60 + 195 * (0.25 * g.random() + 0.75 * k / count)), width=int(width))
    return np.asarray(image, np.float32) / 255


def leaves(c, g, n):
    kind, power, small = c.integers(5), c.uniform(1, 3), c.uniform(2.0, 6) / 112
    outline, tone = c.random() < 0.3, c.random() < 0.4
    image = Image.new("L", (n, n), 128)
    draw = ImageDraw.Draw(image)
    aspect, base = c.uniform(1, 3.5), g.uniform(0, np.pi)
    aligned = c.random() < 0.5
    for k in range(240):
        r = min(small * (1 - g.random() * 0.995) ** (-1 / power), 0.35) * n
        x, y = g.uniform(-0.1, 1.1) * n, g.uniform(-0.1, 1.1) * n
        a = base + g.normal() * 0.25 if aligned else g.uniform(0, 2 * np.pi)
        fill = int(255 * (g.random() ** 2 if tone else g.random()))
        edge = 0 if outline else fill
        if kind == 0:
            draw.ellipse((x - r, y - r, x + r, y + r), fill=fill, outline=edge)
            continue
        if kind == 4:
            t = np.linspace(0, 2 * np.pi, 14, endpoint=False)
            u, v = r * aspect * np.cos(t) * np.abs(np.cos(t)) ** 0.3, r * np.sin(t)
        else:
            t = np.arange(kind + 2) * (2 * np.pi / (kind + 2))
            u, v = r * aspect * np.cos(t), r * np.sin(t)
        points = np.stack([x + u * np.cos(a) - v * np.sin(a), y + u * np.sin(a) + v * np.cos(a)], 1)
        draw.polygon([tuple(p) for p in points], fill=fill, outline=edge)
    return np.asarray(image, np.float32) / 255


def program(c, g, n):
    """A random program over the coordinates, drawn by the class; the image jitters its constants."""
    x, y = plane(g, n)
    scale = np.float32(np.exp(c.uniform(0, 1.2)))
    x, y = x * scale, y * scale
    values = [x, y, np.hypot(x, y)]
    for _ in range(int(c.integers(5, 10))):
        a, b = values[c.integers(len(values))], values[c.integers(len(values))]
        k = np.float32(c.uniform(0.6, 4) * g.uniform(0.9, 1.1))
        p = np.float32(c.uniform(-3, 3) + g.uniform(-0.3, 0.3))
        kind = c.integers(10)
        v = (
            lambda: np.sin(k * a + p),
            lambda: np.sin(k * a + 2 * b),
            lambda: np.abs(a * k + p * 0.3),
            lambda: (a * k + p) % 1,
            lambda: a * b,
            lambda: np.maximum(a, b * k),
            lambda: np.hypot(a, b) * k,
            lambda: np.tanh(k * (a - b)),
            lambda: np.cos(k * b) + a,
            lambda: np.arctan2(a + p * 0.2, b),
        )[kind]()
        values.append(np.clip(v, -8, 8).astype(np.float32))
    last = values[-1] + values[-2] * np.float32(0.7) + values[-3] * np.float32(0.3)
    mode = c.integers(3)
    if mode == 0:
        return unit(last)
    return unit(np.sin(last * np.float32(c.uniform(1, 5)))) if mode == 1 else unit(last % 1)


def julia(c, g, n):
    angle, radius = c.uniform(0, 2 * np.pi), c.uniform(0.68, 0.86)
    degree = 2 if c.random() < 0.7 else 3
    k = np.complex64(radius * np.exp(1j * (angle + g.uniform(-0.04, 0.04))))
    x, y = plane(g, n, zoom=(0.5, 1.3))
    z = ((x - x.mean() * 0.7) + 1j * (y - y.mean() * 0.7)).astype(np.complex64)
    count = np.zeros((n, n), np.float32)
    for _ in range(24):
        z = z * z + k if degree == 2 else z * z * z + k
        size = z.real**2 + z.imag**2
        count += 1 / (1 + size)
        z = np.where(size > 1e4, np.complex64(100), z)
    return unit((count * np.float32(c.uniform(0.1, 0.5))) % 1) if c.random() < 0.5 else unit(np.log1p(count))


def waves(c, g, n):
    sources, f, spiral = int(c.integers(1, 6)), np.exp(c.uniform(np.log(6), np.log(30))), int(c.integers(0, 4))
    x, y = plane(g, n)
    total = np.zeros_like(x)
    for _ in range(sources):
        dx, dy = x - np.float32(g.uniform(-1.5, 1.5)), y - np.float32(g.uniform(-1.5, 1.5))
        total += np.sin(np.hypot(dx, dy) * np.float32(f) + spiral * np.arctan2(dy, dx) + np.float32(g.uniform(0, 6)))
    return unit(total)


def polar(c, g, n):
    arms, twist, rings = int(c.integers(0, 14)), c.uniform(-6, 6), c.uniform(0, 10)
    sharp, product = c.random() < 0.5, c.random() < 0.5
    x, y = plane(g, n, zoom=(0.7, 1.2))
    r, t = np.log(np.hypot(x, y) + 0.02), np.arctan2(y, x)
    a, b = np.sin(arms * t + np.float32(twist) * r), np.sin(np.float32(rings) * r + np.float32(g.uniform(0, 6)))
    f = a * b if product else a + b
    return soft(f, 8) if sharp else unit(f)


def terrain(c, g, n):
    """Noise as a height, lit from one side."""
    alpha, light, ridged = c.uniform(2, 3.6), g.uniform(0, 2 * np.pi), c.random() < 0.5
    f = noise(g, n, alpha, np.exp(c.uniform(0, 0.8)), g.uniform(0, np.pi))
    if ridged:
        f = -np.abs(f)
    dy, dx = np.gradient(f)
    return unit(np.clip((dx * np.cos(light) + dy * np.sin(light)) / (dx.std() + 1e-6), -2.5, 2.5) + 0.5 * f)


def facets(c, g, n):
    """The highest or lowest of many tilted planes, or their folds."""
    count, mode = int(c.integers(4, 16)), c.integers(3)
    x, y = plane(g, n)
    total = None
    for _ in range(count):
        a = g.uniform(0, 2 * np.pi)
        p = x * np.float32(np.cos(a)) + y * np.float32(np.sin(a)) + np.float32(g.uniform(-0.8, 0.8))
        if mode == 0:
            total = p if total is None else np.maximum(total, p)
        elif mode == 1:
            total = np.abs(p) if total is None else np.minimum(total, np.abs(p))
        else:
            total = np.sign(p) if total is None else total * np.sign(p) + 0.3 * np.sign(p)
    return unit(total)


# How many classes each family gets.
FAMILIES = [
    (spectral, 8), (grating, 10), (tiling, 12), (worley, 12), (dots, 10), (warp, 10), (reaction, 6), (strokes, 10),
    (leaves, 10), (program, 32), (julia, 8), (waves, 6), (polar, 8), (terrain, 5), (facets, 5),
]  # fmt: skip
CLASSES = [(family, k) for family, count in FAMILIES for k in range(count)]


def field(index, g, n, seed=0):
    """One image of texture class `index`."""
    family, k = CLASSES[index]
    c = np.random.default_rng([seed, 11, FAMILY_NUMBER[family], k])
    f = family(c, g, n)
    return np.nan_to_num(np.clip(f, 0, 1)).astype(np.float32)


FAMILY_NUMBER = {family: number for number, (family, _) in enumerate(FAMILIES)}
