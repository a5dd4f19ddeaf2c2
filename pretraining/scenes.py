"""Puts textures and shapes together into coloured, lit, photographed images with labels."""

import colorsys

import numpy as np
from PIL import Image, ImageFilter

import fields
import shapes
from fields import noise, unit

LAYOUTS = ("texture", "object", "group", "crowd", "landscape", "mosaic")
LAYOUT_CHANCE = (0.22, 0.34, 0.12, 0.09, 0.12, 0.11)
SCENES = 12  # classes of landscape, each with its own horizon, palette and textures
TEXTURE_COUNT, SHAPE_COUNT = len(fields.CLASSES), len(shapes.CLASSES)


def colour(g, hue=None, spread=0.04):
    h = g.random() if hue is None else hue + g.normal(0, spread)
    s, v = g.beta(1.3, 1.4), g.beta(2.4, 1.2)
    return np.array(colorsys.hsv_to_rgb(h % 1, s, v), np.float32)


def palette(g, c=None):
    """Two to five colours from dark to light or in any order; a class may own its hues."""
    count = int(g.integers(2, 6))
    kind = g.integers(4)
    base, second = (g.random(), g.random()) if c is None else c.random(2)
    if kind == 0:
        colours = [colour(g, base) for _ in range(count)]
    elif kind == 1:
        colours = [colour(g, base if g.random() < 0.5 else second) for _ in range(count)]
    elif kind == 2:
        colours = [colour(g) if c is None else colour(g, base, 0.12) for _ in range(count)]
    else:
        tint = colour(g, base)
        colours = [np.clip(tint * t + (0.0, 0.25)[int(t > 1)] * (t - 1), 0, 1) for t in np.linspace(0.1, 1.7, count)]
    if g.random() < 0.5:
        colours.sort(key=lambda v: float(v @ (0.3, 0.6, 0.1)))
    return np.stack(colours).astype(np.float32)


def painted(f, colours, hard=False):
    """A field in [0, 1] as colours [n, n, 3]."""
    position = np.linspace(0, len(colours) - 1, 256)
    if hard:
        position = np.round(position)
    low = np.minimum(position.astype(int), len(colours) - 2)
    part = (position - low)[:, None].astype(np.float32)
    table = colours[low] * (1 - part) + colours[low + 1] * part
    return table[(f * 255).astype(np.uint8)]


def textured(index, g, n):
    """Texture class `index` in colour. Every third class owns its hues."""
    c = np.random.default_rng([7, index]) if index % 3 == 0 else None
    f = fields.field(index, g, n)
    if g.random() < 0.3:
        f = f ** np.float32(np.exp(g.uniform(-0.7, 0.7)))
    rgb = painted(f, palette(g, c), hard=g.random() < 0.15)
    if g.random() < 0.25:  # a second, independent variation of colour
        m = unit(noise(g, n, 3))[..., None] * np.float32(g.uniform(0.2, 0.7))
        rgb = rgb * (1 - m) + painted(f, palette(g, c)) * m
    return rgb


def blurred(rgb, radius):
    image = Image.fromarray((np.clip(rgb, 0, 1) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(float(radius))), np.float32) / 255


def lit(rgb, height, g, strength):
    """Shading by a light from one side, with a highlight."""
    dy, dx = np.gradient(height * np.float32(strength))
    a, up = g.uniform(0, 2 * np.pi), g.uniform(0.4, 1.2)
    light = (np.cos(a) * dx + np.sin(a) * dy + up) / np.sqrt(1 + dx * dx + dy * dy) / np.sqrt(1 + up * up)
    shade = np.clip(light, 0, None)[..., None]
    result = rgb * (0.35 + 0.75 * shade)
    return result + (shade**30 * g.uniform(0, 0.6) if g.random() < 0.35 else 0)


def stuck_on(rgb, g, form, texture, colours, **placing):
    """Paints shape class `form` over an image, with texture class `texture` or, if -1, plainly."""
    n = rgb.shape[0]
    mask, height = shapes.shape(form, g, n, **placing)
    colours = palette(g) if colours is None else colours
    if texture >= 0:
        surface = painted(fields.field(texture, g, n), colours)
    elif g.random() < 0.6:
        surface = painted(height, colours)
    else:
        surface = np.broadcast_to(colours[g.integers(len(colours))], rgb.shape)
    if g.random() < 0.65:
        surface = lit(surface, height, g, g.uniform(3, 22))
    if g.random() < 0.4:  # a shadow on what lies behind
        dx, dy = int(g.integers(-6, 7)), int(g.integers(-6, 7))
        shadow = blurred(np.roll(mask, (dy, dx), (0, 1)), g.uniform(0.5, 3))
        rgb = rgb * (1 - np.float32(g.uniform(0.2, 0.7)) * shadow[..., None])
    return rgb * (1 - mask[..., None]) + surface * mask[..., None]


def landscape(k, g, n):
    """Sky, layers of hills or water, and ground, after landscape class `k`."""
    c = np.random.default_rng([5, k])
    sky_hue, ground_hue, horizon = c.uniform(0.05, 0.75), c.uniform(0.02, 0.6), c.uniform(0.15, 0.75)
    roughness, layers = c.uniform(1.2, 3.2), int(c.integers(1, 5))
    sky_texture, ground_texture = c.integers(TEXTURE_COUNT, size=2)
    t = np.linspace(0, 1, n, dtype=np.float32)[:, None, None]
    top, low = colour(g, sky_hue), colour(g, sky_hue + 0.05)
    rgb = top * (1 - t) + low * t + np.zeros((n, n, 3), np.float32)
    if c.random() < 0.7:
        cloud = np.clip(noise(g, n, 3, 1.6) * 0.4 + c.uniform(-0.2, 0.3), 0, 1)[..., None]
        rgb = rgb * (1 - cloud) + cloud * np.float32(g.uniform(0.7, 1))
    else:
        rgb = rgb * 0.8 + 0.2 * textured(sky_texture, g, n)
    y = np.linspace(0, 1, n, dtype=np.float32)[:, None]
    horizon += g.uniform(-0.1, 0.1)
    for layer in range(layers):
        profile = noise(g, n, roughness)[n // 2] * np.float32(0.05 + 0.02 * layer)
        edge = horizon + (1 - horizon) * layer / layers + profile
        mask = np.clip((y - edge[None, :]) * n, 0, 1)[..., None]
        ground = painted(fields.field(int(ground_texture), g, n), np.stack([colour(g, ground_hue) for _ in range(3)]))
        haze = np.float32(0.6 * (1 - (layer + 1) / layers))
        rgb = rgb * (1 - mask) + (ground * (1 - haze) + low * haze) * mask
    return np.clip(rgb, 0, 1)


def photographed(rgb, g):
    """Uneven light, exposure, blur, noise: what a camera adds."""
    n = rgb.shape[0]
    if g.random() < 0.5:
        t = np.linspace(-1, 1, n, dtype=np.float32)
        a = g.uniform(0, 2 * np.pi)
        ramp = 1 + np.float32(g.uniform(0.1, 0.6)) * (np.cos(a) * t[None, :] + np.sin(a) * t[:, None])
        rgb = rgb * ramp[..., None].astype(np.float32)
    if g.random() < 0.25:
        rgb = rgb * (0.55 + 0.6 * unit(noise(g, n, 3)))[..., None]
    rgb = np.clip(rgb, 0, 1) ** np.float32(np.exp(g.normal(0, 0.25)))
    if g.random() < 0.45:
        rgb = blurred(rgb, g.uniform(0.3, 1.4))
    if g.random() < 0.4:
        rgb = rgb + g.standard_normal(rgb.shape, np.float32) * np.float32(g.uniform(0.005, 0.07))
    return (np.clip(rgb, 0, 1) * 255).astype(np.uint8)


def image(seed, number, n):
    """Image `number`: uint8 [n, n, 3] and its labels (layout, background, surface, shape, count).

    The background is a texture class or, from TEXTURE_COUNT on, a landscape class; -1 is "none".
    """
    g = np.random.default_rng([seed, number])
    layout = int(g.choice(len(LAYOUTS), p=LAYOUT_CHANCE))
    name = LAYOUTS[layout]
    back, surface, form = int(g.integers(TEXTURE_COUNT)), int(g.integers(TEXTURE_COUNT)), int(g.integers(SHAPE_COUNT))
    count = 0
    if name == "landscape":
        k = int(g.integers(SCENES))
        back, rgb = TEXTURE_COUNT + k, landscape(k, g, n)
        count = int(g.integers(0, 4))
    else:
        rgb = textured(back, g, n)
        count = {"texture": 0, "object": 1, "group": int(g.integers(2, 6)), "crowd": int(g.integers(8, 22)), "mosaic": 0}[name]
    if name in ("object", "group", "crowd") and g.random() < 0.6:
        rgb = rgb * np.float32(g.uniform(0.4, 1.1))
        if g.random() < 0.5:
            rgb = blurred(rgb, g.uniform(0.5, 5))
    if name == "mosaic":
        mask, _ = shapes.shape(form, g, n, radius=(0.5, 1.2), centre=(0.1, 0.9))
        rgb = rgb * (1 - mask[..., None]) + textured(surface, g, n) * mask[..., None]
    radius = {1: (0.3, 0.6), 2: (0.2, 0.4)}.get(count, (0.1, 0.28) if count < 8 else (0.06, 0.16))
    shared = palette(g) if g.random() < 0.7 else None
    if name == "texture":
        surface = -1
    elif name != "mosaic" and (count == 0 or count >= 8 or g.random() < 0.4):
        surface = -1
    for _ in range(count):
        centre = (0.3, 0.7) if count == 1 else (0.0, 1.0)
        rgb = stuck_on(rgb, g, form, surface, shared, radius=radius, centre=centre)
    if count == 0 and name != "mosaic":
        form = -1
    return photographed(rgb, g), (layout, back, surface, form, count)
