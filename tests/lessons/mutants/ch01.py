"""Right and wrong answers to lesson 1, each written as a learner might."""

import numpy as np

LESSON = "01_images"

SHARES = np.array([0.2125, 0.7154, 0.0721])


# --- grey-by-luminance -----------------------------------------------------


def grey_by_loops(picture):
    height, width, _ = picture.shape
    grey = np.zeros((height, width), np.uint8)
    for i in range(height):
        for j in range(width):
            red, green, blue = (int(n) for n in picture[i, j])
            grey[i, j] = round(0.2125 * red + 0.7154 * green + 0.0721 * blue)
    return grey


def grey_in_float32(picture):
    channels = np.moveaxis(picture.astype(np.float32), -1, 0)
    total = sum(c * np.float32(w) for c, w in zip(channels, SHARES, strict=True))
    return np.round(total).astype(np.uint8)


def grey_in_lists(picture):
    return [
        [int(np.dot(pixel, SHARES) + 0.5) for pixel in row] for row in picture.tolist()
    ]


def grey_in_place(picture):
    picture[..., 0] = np.rint(picture @ SHARES)
    return picture[..., 0]


# --- brighten --------------------------------------------------------------


def brighten_by_loops(picture, by):
    result = picture.copy()
    for place in np.ndindex(picture.shape):
        result[place] = min(255, max(0, int(picture[place]) + by))
    return result


def brighten_in_floats(picture, by):
    numbers = picture.astype(np.float32) + by
    numbers[numbers > 255] = 255
    numbers[numbers < 0] = 0
    return numbers


def brighten_in_int16(picture, by):
    return (np.int16(picture) + np.int16(by)).clip(0, 255).astype("uint8")


def brighten_in_place(picture, by):
    picture[:] = np.clip(picture.astype(int) + by, 0, 255)
    return picture


# --- upside-down -----------------------------------------------------------


def turn_by_loops(picture):
    return [list(reversed(row)) for row in reversed(picture.tolist())]


# --- rescale-intensities ---------------------------------------------------


def rescale_in_float32(grey):
    numbers = grey.astype(np.float32) - np.float32(grey.min())
    return numbers / numbers.max() if numbers.any() else numbers


def rescale_by_lists(grey):
    values = sorted({int(n) for n in grey.ravel()})
    span = max(values[-1] - values[0], 1)
    return [[(n - values[0]) / span for n in row] for row in grey.tolist()]


def rescale_safely(grey):
    low, high = grey.min(), grey.max()
    if low == high:
        return grey * 0
    return (grey - low) / (high - low)


def rescale_dividing(grey):
    with np.errstate(all="ignore"):
        return (grey - grey.min()) / (grey.max() - grey.min())


# --- block-mean ------------------------------------------------------------


def blocks_by_loops(grey, block):
    height, width = grey.shape
    result = np.zeros((height // block, width // block))
    for i in range(height // block):
        for j in range(width // block):
            total = 0
            for k in range(block):
                for m in range(block):
                    total += int(grey[i * block + k, j * block + m])
            result[i, j] = total / block**2
    return result


def blocks_by_adding(grey, block):
    rows, columns = grey.shape[0] // block, grey.shape[1] // block
    ends = np.arange(rows) * block, np.arange(columns) * block
    whole = grey[: rows * block, : columns * block].astype(np.float32)
    sums = np.add.reduceat(np.add.reduceat(whole, ends[0], 0), ends[1], 1)
    return sums / np.float32(block * block)


def blocks_by_reshape(grey, block):
    rows, columns = grey.shape[0] // block, grey.shape[1] // block
    whole = grey[: rows * block, : columns * block]
    return whole.reshape(rows, block, columns, block).mean(axis=(1, 3))


def blocks_of_all(grey, block):
    result = []
    for i in range(0, grey.shape[0], block):
        row = [
            np.mean(grey[i : i + block, j : j + block])
            for j in range(0, grey.shape[1], block)
        ]
        result.append(row)
    return np.array(result)


def blocks_padded(grey, block):
    after = [(0, -n % block) for n in grey.shape]
    return blocks_by_reshape(np.pad(grey, after), block)


def blocks_uncut(grey, block):
    rows, columns = grey.shape[0] // block, grey.shape[1] // block
    return grey.reshape(rows, block, columns, block).mean(axis=(1, 3))


def blocks_mixed(grey, block):
    rows, columns = grey.shape[0] // block, grey.shape[1] // block
    whole = grey[: rows * block, : columns * block]
    return whole.reshape(rows, columns, block, block).mean(axis=(-1, -2))


RIGHT = {
    "grey-by-luminance": [
        grey_by_loops,
        grey_in_float32,
        grey_in_lists,
        lambda picture: np.rint(picture @ SHARES).astype(np.uint8),
    ],
    "brighten": [
        brighten_by_loops,
        brighten_in_floats,
        brighten_in_int16,
        lambda picture, by: np.clip(picture.astype(int) + by, 0, 255),
    ],
    "upside-down": [
        turn_by_loops,
        lambda picture: picture[::-1, ::-1],
        lambda picture: np.flip(picture, (0, 1)),
        lambda picture: picture.reshape(-1, 3)[::-1].reshape(picture.shape),
    ],
    "rescale-intensities": [rescale_in_float32, rescale_by_lists, rescale_safely],
    "block-mean": [blocks_by_loops, blocks_by_adding, blocks_by_reshape],
}


def blocks_mixing_blocks(grey, block):
    rows, columns = grey.shape[0] // block, grey.shape[1] // block
    whole = grey[: rows * block, : columns * block]
    return whole.reshape(rows, block, columns, block).mean(axis=2).mean(axis=0)


def rescale_by_percentiles(grey):
    low, high = np.percentile(grey, (1, 99))
    with np.errstate(all="ignore"):
        return np.clip((grey - low) / (high - low), 0, 1)


WRONG = {
    "grey-by-luminance": [
        (
            lambda picture: picture.mean(axis=2).round().astype("uint8"),
            "mean instead of luminance",
        ),
        (lambda picture: np.mean(picture, axis=-1), "mean instead of luminance"),
        (lambda picture: picture.astype(int).sum(-1) // 3, "mean instead of luminance"),
        (
            lambda picture: (picture[..., 0] + picture[..., 1] + picture[..., 2]) / 3,
            "wrapped around at 255",
        ),
        (
            lambda picture: (picture[..., 0] + picture[..., 1] + picture[..., 2]) // 3,
            "wrapped around at 255",
        ),
        (
            lambda picture: (picture @ SHARES).astype(np.uint8),
            "cut off instead of rounded",
        ),
        (lambda picture: picture @ SHARES, "not rounded"),
        (lambda picture: np.rint(picture @ SHARES[::-1]), "blue first"),
        (
            lambda picture: np.rint(picture @ [0.299, 0.587, 0.114]).astype("uint8"),
            "other shares",
        ),
        (lambda picture: picture / 255 @ SHARES, "0 to 1"),
        (lambda picture: picture[:, :, 1], "one channel alone"),
        (
            lambda picture: np.rint(picture @ SHARES[:, None]),
            "the shape is (1, 3, 1) instead of (1, 3)",
        ),
        (
            lambda picture: np.rint(picture[..., 0] * SHARES[0]),
            "at [0, 1] came 0 instead of 182",
        ),
        (grey_in_place, "changes its input picture"),
        (lambda picture: None, "is there a `return`?"),
        (
            lambda picture: np.dstack([np.rint(picture @ SHARES)] * 3),
            "three channels left",
        ),
    ],
    "brighten": [
        (lambda picture, by: picture + np.array(by).astype("uint8"), "wrapped around"),
        (
            lambda picture, by: np.clip((picture.astype(int) + by) % 256, 0, 255),
            "wrapped around at 255",
        ),
        (lambda picture, by: picture.astype(int) + by, "not clipped"),
        (lambda picture, by: picture + float(by), "not clipped"),
        (
            lambda picture, by: np.minimum(picture.astype(int) + by, 255).astype("u1"),
            "clipped above only. A darker picture must not fall below 0, where uint8",
        ),
        (
            lambda picture, by: np.where(
                picture + by * 1.0 > 255, 255, picture + 1.0 * by
            ),
            "clipped above only. A darker picture must not fall below 0.",
        ),
        (
            lambda picture, by: np.maximum(picture.astype(int) + by, 0).astype("u1"),
            "clipped below only",
        ),
        (
            lambda picture, by: np.clip(picture.astype(int) + by, 0, 256).astype("u1"),
            "clipped at 256",
        ),
        (
            lambda picture, by: np.clip(picture * (1 + by / 255), 0, 255).astype("u1"),
            "multiplied",
        ),
        (lambda picture, by: np.clip(picture + by, 0, 255), "wrapped around at 255"),
        (
            lambda picture, by: np.clip(picture.astype(int) + by, 0, 1),
            "at [0, 0, 0] came 1",
        ),
        (brighten_in_place, "changes its input picture"),
    ],
    "upside-down": [
        (lambda picture: np.flipud(picture), "mirrored top to bottom"),
        (lambda picture: np.fliplr(picture), "mirrored left to right"),
        (lambda picture: np.flip(picture), "colours reversed as well"),
        (lambda picture: np.swapaxes(picture, 0, 1), "rows and columns swapped"),
        (
            lambda picture: np.rot90(picture),
            "a quarter turn. The picture lies on its side",
        ),
        (
            lambda picture: np.rot90(picture, -1),
            "a quarter turn. The picture lies on its other side",
        ),
        (lambda picture: picture, "nothing turned"),
        (lambda picture: picture.T, "the shape is (3, 2, 2)"),
        (lambda picture: picture[::-1, ::-1, 0], "the shape is (2, 2) instead of"),
        (lambda picture: picture[-1:0:-1, -1:0:-1], "the shape is (1, 1, 3)"),
    ],
    "rescale-intensities": [
        (lambda grey: grey / 255, "divided by 255"),
        (lambda grey: grey / grey.max(), "darkest not subtracted"),
        (lambda grey: (grey - grey.min()) / grey.max(), "divided by the brightest"),
        (lambda grey: rescale_safely(grey) * 255, "0 to 255"),
        (lambda grey: np.uint8(rescale_safely(grey)), "rounded"),
        (
            lambda grey: (grey - grey.min()) // max(int(grey.max() - grey.min()), 1),
            "rounded",
        ),
        (
            lambda grey: (int(grey.max()) - grey.astype(int)) / max(1, np.ptp(grey)),
            "dark and bright swapped",
        ),
        (
            lambda grey: (
                np.array(
                    [
                        [(n - min(row)) / (max(row) - min(row)) for n in row]
                        for row in grey * 1.0
                    ]
                )
                if grey.shape[1] > 1
                else None
            ),
            "row by row",
        ),
        (
            lambda grey: np.nan_to_num(
                (grey - grey.min(axis=0)) / (grey.max(axis=0) * 1.0 - grey.min(axis=0)),
                nan=np.nan,
            ),
            "column by column",
        ),
        (rescale_dividing, "division by zero"),
        (lambda grey: rescale_safely(grey).ravel(), "the shape is (3,)"),
        (
            lambda grey: (grey.astype(int) - grey.min()) / (int(grey.max()) - 1),
            "at [0, 1] came",
        ),
        (lambda grey: np.uint8(rescale_safely(grey) * 255), "0 to 255"),
        (rescale_by_percentiles, "percentiles"),
    ],
    "block-mean": [
        (blocks_mixed, "axes in the wrong order"),
        (
            lambda grey, block: grey[
                : grey.shape[0] // block * block : block,
                : grey.shape[1] // block * block : block,
            ],
            "one pixel a block",
        ),
        (
            lambda grey, block: (
                grey[: grey.shape[0] // block * block, : grey.shape[1] // block * block]
                .reshape(grey.shape[0] // block, block, grey.shape[1] // block, block)
                .max(axis=(1, 3))
            ),
            "maximum instead of mean",
        ),
        (
            lambda grey, block: blocks_by_reshape(grey, block) * block**2,
            "sum instead of mean",
        ),
        (
            lambda grey, block: blocks_by_reshape(grey, block).astype(np.uint8),
            "fractions cut off",
        ),
        (blocks_padded, "zeros joined the last block"),
        (blocks_of_all, "smaller blocks at the end"),
        (blocks_uncut, "ValueError: cannot reshape"),
        (lambda grey, block: blocks_by_reshape(grey, 2), "came"),
        (
            lambda grey, block: blocks_by_reshape(grey, block).T,
            "the shape is (2, 1) instead of (1, 2)",
        ),
        (blocks_mixing_blocks, "averaged over the wrong axes"),
        (
            lambda grey, block: np.mean(blocks_by_reshape(grey, block)),
            "everything averaged",
        ),
    ],
}
